/** Tokens of people: only their SHA-256 is configured, so that whoever reads the configuration cannot act as anybody. */
import { type FieldFault, InvalidInput } from '../domain/errors.ts';
import type { Organisation } from '../schema/organisation.ts';

export interface PersonToken {
  person: string;
  /** SHA-256 of the token, 32 bytes. */
  digest: Buffer;
}

const linePattern = /^(\S.*?)\s*:\s*([0-9a-f]{64})$/i;

/**
 * Reads lines `person-id: sha256-hex`; empty ones and those that begin with `#` are passed over. One person may have
 * several, to change over from one token to the next. Throws InvalidInput with a fault per line. A fault tells the
 * line's number and never its text: somebody may have put a token where its digest belongs.
 */
export const readPeopleTokens = (text: string, organisation: Organisation): PersonToken[] => {
  const faults: FieldFault[] = [];
  const found = new Map<string, PersonToken>();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const refuse = (message: string) =>
      faults.push({ path: 'MUSTER_PEOPLE_TOKENS', message: `line ${index + 1}: ${message}` });
    const [, person, hex] = linePattern.exec(line) ?? [];
    if (person === undefined || hex === undefined) {
      refuse('write `person-id: sha256-hex-of-token`, as "muster token PERSON" prints it');
      continue;
    }
    const digest = hex.toLowerCase();
    const holder = found.get(digest)?.person;
    if (!Object.hasOwn(organisation.people, person)) refuse('the organisation has no such person');
    else if (holder !== undefined && holder !== person)
      refuse("this token is another person's already; make a new one");
    else found.set(digest, { person, digest: Buffer.from(digest, 'hex') });
  }
  if (faults.length > 0) {
    throw new InvalidInput(
      `configuration: ${faults.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
      faults,
    );
  }
  return [...found.values()];
};
