import { attempt } from '../attempt.ts';
import { readFigure } from '../evidence/reads.ts';
import { inWords, isFinal } from '../failure.ts';
import type { CheckRequest, SymptomSample } from '../index.ts';
import type { RemediationDependencies } from './context.ts';

/** After this many attempts, what does not answer is "no data". */
const attemptsMax = 3;

/** Neither good nor bad, and what cannot be read, make `healthy` null: never health. */
export const sampleCheck = async (
  dependencies: RemediationDependencies,
  { incident, check, symptom, baseline, at }: CheckRequest,
): Promise<SymptomSample> => {
  const { library, connect, log } = dependencies;
  try {
    const value = await (check.read
      ? readFigure(dependencies, check.read, { drill: incident.drill, at })
      : symptom && connect(incident.drill).metrics.query(symptom.query));
    if (value === null) return { at, value, healthy: null };
    const figure = { value, baseline, healthyBelow: check.of === 'symptom' ? (symptom?.healthyBelow ?? null) : null };
    const succeeded = library.holds(check.success, figure);
    // Without a word on failure, what is known not to be a success is one.
    const failed = check.failure === null ? succeeded === false : library.holds(check.failure, figure) === true;
    return { at, value, healthy: failed ? false : succeeded === true ? true : null };
  } catch (error) {
    if (!isFinal(error) && attempt() < attemptsMax) throw error;
    log.warn({ incident: incident.incidentId, check: check.id }, `a check could not be read: ${inWords(error)}`);
    return { at, value: null, healthy: null };
  }
};
