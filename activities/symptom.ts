import type { RemediationStatus } from '../src/schema/remediation.ts';
import { attempt } from './attempt.ts';
import type { Dependencies } from './dependencies.ts';
import { inWords, isFinal } from './failure.ts';
import type { Activities } from './index.ts';

/** After this many attempts, metrics that do not answer are "no data". */
const attemptsMax = 3;

/** Ends after which production is as it was before, so that there is nothing to do afterwards. */
const leavesNothing: ReadonlySet<RemediationStatus> = new Set(['refused', 'rejected', 'expired', 'reverted']);
/** Ends of a run that saw its change at the target. */
const sawItsChange: ReadonlySet<RemediationStatus> = new Set(['recovered', 'ineffective', 'worse', 'inconclusive']);

/** Reads only. Metrics that are away, or know nothing, make `healthy` null: no data is never health. */
export const createSymptom = ({
  connect,
  store,
  log,
}: Dependencies): Pick<Activities, 'sampleSymptom' | 'outcomeOf'> => ({
  outcomeOf: async ({ remediationId }) => {
    const view = await store.remediations.remediation(remediationId);
    if (!view?.endedAt) return null;
    const { status, outcome, plan } = view;
    const allowed = view.startBy !== null;
    return {
      status,
      allowed,
      outcome: outcome ?? status,
      ...(plan && sawItsChange.has(status) ? { did: plan.sentence } : {}),
      tasks: leavesNothing.has(status) ? [] : (plan?.tasks ?? []),
    };
  },
  sampleSymptom: async ({ incident, query, healthyBelow, at }) => {
    try {
      const value = await connect(incident.drill).metrics.query(query);
      return { at, value, healthy: value === null ? null : value < healthyBelow };
    } catch (error) {
      if (!isFinal(error) && attempt() < attemptsMax) throw error;
      log.warn({ incident: incident.incidentId }, `the symptom could not be read: ${inWords(error)}`);
      return { at, value: null, healthy: null };
    }
  },
});
