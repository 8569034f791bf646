import { useEffect, useState } from 'preact/hooks';
import type { Leak } from '../../domain/telling/leak-guard.ts';

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/**
 * What the leak guard would hold back, while the text is still being written. Built-in rules and people's names only: the
 * names of systems stay on the server, which checks everything once more before a word leaves.
 */
export const useLeaks = (text: string, names: readonly string[]): Leak[] => {
  const [leaks, setLeaks] = useState<Leak[]>([]);
  const known = names.join('|');
  useEffect(() => {
    let wanted = true;
    const look = async (): Promise<void> => {
      const { leaksIn } = await import('../../domain/telling/leak-guard.ts');
      const words = known
        .toLowerCase()
        .split('|')
        .filter((name) => name.length > 2);
      const people = words.length > 0 ? new RegExp(`\\b(?:${words.map(literal).join('|')})\\b`) : null;
      if (wanted) setLeaks(leaksIn(text, { internal: null, forbidden: null, people, lifted: new Set() }));
    };
    if (text.trim() === '') setLeaks([]);
    else look().catch(() => undefined);
    return () => {
      wanted = false;
    };
  }, [text, known]);
  return leaks;
};
