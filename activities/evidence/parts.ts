import { inWords } from '../failure.ts';

/** Parts that wait for each other come one after another, four at most; together they stay below the activity's 30 s. */
const patienceMsDefault = 6_000;
const becauseChars = 300;

/** Gets one part of the evidence; one that fails or takes too long is named and replaced by `otherwise`. */
export type Part = <Value>(
  name: string,
  otherwise: Value,
  get: () => Promise<Value>,
  patienceMs?: number,
) => Promise<Value>;

/** `missing` takes the names, with the reasons. Conditions of runbooks go by how a name begins. */
export const partsOf =
  (missing: string[]): Part =>
  async (name, otherwise, get, patienceMs = patienceMsDefault) => {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new TooSlow(`no answer within ${patienceMs / 1_000} s`)), patienceMs);
    });
    try {
      return await Promise.race([get(), patience]);
    } catch (error) {
      const inOurWords = error instanceof TooSlow || (error instanceof Error && error.name === 'Refused');
      missing.push(`${name}: ${inOurWords ? error.message : inWords(error)}`.slice(0, becauseChars));
      return otherwise;
    } finally {
      clearTimeout(timer);
    }
  };

class TooSlow extends Error {}
