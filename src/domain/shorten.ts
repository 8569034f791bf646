import { redactSecrets } from './redaction.ts';

/** At most so many characters, with a mark where something is left out. */
export const shorten = (text: string, charsMax: number): string =>
  text.length <= charsMax ? text : `${text.slice(0, charsMax - 1)}…`;

/** For text that was not written by us: without secrets first, as half a secret is not recognised as one. */
export const safeText = (text: string, charsMax: number): string => shorten(redactSecrets(text), charsMax);
