import { setTimeout as passing } from 'node:timers/promises';
import { VendorError } from '../src/domain/errors.ts';
import { failpoint } from '../src/domain/failpoint.ts';
import type { EffectRow, EffectStore } from '../src/store/store.ts';

/** What people are told by; each has four failpoints, see `failpointsOf`. */
export const tellingKinds = [
  'page',
  'room',
  'room-topic',
  'room-invite',
  'room-archive',
  'chat',
  'status',
  'mail',
  'reminder',
] as const;
export type TellingKind = (typeof tellingKinds)[number];

/** The four moments at which dying could lose or repeat an effect. */
export const failpointsOf = (kind: string): string[] =>
  ['before-intent', 'after-intent', 'after-effect', 'after-record'].map((moment) => `${kind}:${moment}`);

export interface Effect {
  /** `<incident>/<phase>/<step>`, for people also `/<person>/<channel>`. Never contains the attempt. */
  key: string;
  incidentId: string;
  kind: TellingKind;
  detail?: unknown;
}

/** A ledger that does not answer within this must not hold up a page. */
const ledgerPatienceMs = 1_000;
/** How long a ledger that was away is told again of an effect that happened. */
const lateRecordMs = { first: 250, longest: 30_000, giveUpAfter: 3_600_000 };

/**
 * Carries an effect that tells people out at most once as far as anybody can know: started, effect, applied.
 * Already applied: returns the stored reference and does nothing. `maybeDone` is true when an earlier attempt may have
 * gone through; the effect must then look before it acts. With the ledger away the effect happens all the same, looking
 * first: a second message is better than none.
 */
export const carryOut = (effects: EffectStore, effect: Effect, act: Act): Promise<Outcome> => {
  const running = inFlight.get(effect.key);
  if (running) return running;
  const started = carryOutOnce(effects, effect, act).finally(() => inFlight.delete(effect.key));
  inFlight.set(effect.key, started);
  return started;
};

/** Performs the effect and returns the vendor's reference. */
type Act = (maybeDone: boolean) => Promise<string | null>;
type Outcome = { reference: string | null; foundDone: boolean };

/**
 * An activity that ran out of time leaves its call to the vendor running. Its next attempt, when it comes to this
 * process, joins that call instead of racing it: looking first cannot see what is still on its way.
 */
const inFlight = new Map<string, Promise<Outcome>>();

const carryOutOnce = async (effects: EffectStore, effect: Effect, act: Act): Promise<Outcome> => {
  failpoint(`${effect.kind}:before-intent`);
  // A page does not wait for two commits where one says the same.
  const row = await orNull(effects.intend({ ...effect, status: 'started' }));
  if (row && isDone(row.row)) {
    // Also for the one who comes after: another death may have come between the record and its failpoint.
    failpoint(`${effect.kind}:after-record`);
    return { reference: row.row.reference, foundDone: true };
  }
  const maybeDone = !row?.isNew && (row === null || row.row.status === 'started' || row.row.status === 'unknown');
  if (row && !row.isNew) await orNull(effects.mark(effect.key, 'started'));
  failpoint(`${effect.kind}:after-intent`);
  let reference: string | null;
  try {
    reference = await act(maybeDone);
  } catch (error) {
    const marked = orNull(effects.mark(effect.key, didNotHappen(error, maybeDone) ? 'notApplied' : 'unknown'));
    if (row) await marked;
    throw error;
  }
  failpoint(`${effect.kind}:after-effect`);
  // A ledger that is away is not waited for: people come first, and it is told as soon as it is back.
  if (!row || !(await orNull(recorded(effects, effect.key, reference)))) void recordLate(effects, effect, reference);
  failpoint(`${effect.kind}:after-record`);
  return { reference, foundDone: false };
};

const recorded = async (effects: EffectStore, key: string, reference: string | null): Promise<true> => {
  await effects.mark(key, 'applied', reference);
  return true;
};

/**
 * No later attempt comes by to mend the row of an effect that was reported as done. Only `applied` is recorded late:
 * it stands against every other status, while a late refusal could hide the start of a newer attempt.
 */
const recordLate = async (effects: EffectStore, effect: Effect, reference: string | null): Promise<void> => {
  const { first, longest, giveUpAfter } = lateRecordMs;
  for (let waited = 0, waitMs = first; waited < giveUpAfter; waited += waitMs, waitMs = Math.min(waitMs * 2, longest)) {
    await passing(waitMs, undefined, { ref: false });
    try {
      await effects.intend(effect);
      await recorded(effects, effect.key, reference);
      return;
    } catch {
      // Still away.
    }
  }
};

const isDone = (row: EffectRow): boolean => row.status === 'applied' || row.status === 'verified';

/** A definite refusal proves that this attempt did nothing, but not that an earlier one whose answer was lost did nothing. */
const didNotHappen = (error: unknown, maybeDone: boolean): boolean =>
  !maybeDone && error instanceof VendorError && !error.outcomeUnknown;

const orNull = async <Value>(asked: Promise<Value>): Promise<Value | null> => {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ledgerPatienceMs);
  });
  try {
    return await Promise.race([asked.catch(() => null), patience]);
  } finally {
    clearTimeout(timer);
  }
};
