import { useEffect, useRef, useState } from 'preact/hooks';
import { type Problem, problemOf } from './client.ts';

/** What is known of something read from the API. A failed re-reading keeps the last value beside the problem. */
export interface Resource<T> {
  value: T | undefined;
  problem: Problem | null;
  reload: () => void;
}

/** Reads at once, again when `key` (something else) or `version` (news of the same thing) changes; late answers are dropped. */
export const useResource = <T>(key: string, version: number, load: () => Promise<T>): Resource<T> => {
  const [state, setState] = useState<{ key: string; value: T | undefined; problem: Problem | null }>({
    key,
    value: undefined,
    problem: null,
  });
  const [again, setAgain] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    let wanted = true;
    latest.current().then(
      (value) => {
        if (wanted) setState({ key, value, problem: null });
      },
      (error: unknown) => {
        if (!wanted) return;
        setState((known) => ({
          key,
          value: known.key === key ? known.value : undefined,
          problem: problemOf(error),
        }));
      },
    );
    return () => {
      wanted = false;
    };
  }, [key, version, again]);

  const current = state.key === key;
  return {
    value: current ? state.value : undefined,
    problem: current ? state.problem : null,
    reload: () => setAgain((count) => count + 1),
  };
};
