import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Me } from './shapes.ts';

/** Who is looking; null on pages that need nobody. */
export const MeContext = createContext<Me | null>(null);
export const useMe = (): Me | null => useContext(MeContext);

export const holdsOneOf = (me: Me | null, roles: readonly string[]): boolean =>
  roles.length === 0 || (me?.person.roles.some((role) => roles.includes(role)) ?? false);
