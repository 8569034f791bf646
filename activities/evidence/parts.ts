import { inWords } from '../failure.ts';

const patienceMsDefault = 6_000;
/** For all parts together, also where one waits for another: the activity has 30 s, and the runbooks want some of them. */
const withinMsDefault = 20_000;
const becauseChars = 300;

/** Gets one part of the evidence; one that fails or takes too long is named and replaced by `otherwise`. */
export type Part = <Value>(
  name: string,
  otherwise: Value,
  get: () => Promise<Value>,
  patienceMs?: number,
) => Promise<Value>;

/** `missing` takes the names, with the reasons. Conditions of runbooks go by how a name begins. */
export const partsOf = (missing: string[], withinMs = withinMsDefault): Part => {
  const end = performance.now() + withinMs;
  return async (name, otherwise, get, ownPatienceMs = patienceMsDefault) => {
    const patienceMs = Math.max(0, Math.min(ownPatienceMs, end - performance.now()));
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new TooSlow(`no answer within ${Math.round(patienceMs / 1_000)} s`)), patienceMs);
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
};

class TooSlow extends Error {}
