/** Verification of a step: every change is proved by the figure that hurt, and missing data never proves it. */
import { verificationFor } from '../domain/runbook/compile.ts';
import type { RunbookCheck, RunbookDocument, RunbookStep, RunbookVerification } from '../schema/runbook.ts';
import { type Fault, type FieldPath, unknownName } from './fault.ts';
import type { PlaceFault } from './runbook-check.ts';

export const verificationFaults = (
  { spec }: RunbookDocument,
  step: RunbookStep,
  index: number,
  fault: PlaceFault,
): Fault[] => {
  const path = ['spec', 'steps', index, 'verify'];
  const { verify } = step;
  if (!verify)
    return [fault(path, 'missing; say how it is known that the change helped, or "same" as a step further up')];
  if (verify.same !== undefined) {
    if (verify.settle !== undefined || verify.checks || verify.giveUpAfter !== undefined)
      return [fault([...path, 'same'], 'stands beside checks of its own; keep one of the two')];
    const above = spec.steps.slice(0, index);
    if (!above.some(({ id }) => id === verify.same))
      return [
        fault(
          [...path, 'same'],
          unknownName(
            'step further up',
            verify.same,
            above.map(({ id }) => id),
          ),
        ),
      ];
    return verificationFor(spec.steps, step)?.checks
      ? []
      : [fault([...path, 'same'], `"${verify.same}" has no checks of its own; name the step that has`)];
  }
  const missing = (['settle', 'checks', 'giveUpAfter'] as const).filter((field) => verify[field] === undefined);
  if (missing.length > 0)
    return [fault(path, `needs ${missing.join(' and ')}; or "same" with the id of a step further up`)];
  return [
    ...checksFaults(spec.diagnose, verify, path, fault),
    ...(verify.checks ?? []).flatMap((check, at) => timeFaults(check, verify, [...path, 'checks', at], fault)),
  ];
};

const checksFaults = (
  diagnose: RunbookDocument['spec']['diagnose'],
  { checks = [] }: RunbookVerification,
  path: FieldPath,
  fault: PlaceFault,
): Fault[] => {
  const known = ['symptom', ...diagnose.map(({ id }) => id)];
  const faults = checks.flatMap((check, at) => [
    ...(known.includes(check.of)
      ? []
      : [fault([...path, 'checks', at, 'of'], unknownName('read of "diagnose"', check.of, known))]),
    ...(checks.findIndex(({ id }) => id === check.id) < at
      ? [fault([...path, 'checks', at, 'id'], `another check is called "${check.id}" too; rename one`)]
      : []),
  ]);
  if (faults.length > 0) return faults;
  const isHealthPage = ({ of }: RunbookCheck) => diagnose.some(({ id, read }) => id === of && read === 'http');
  return checks.every(isHealthPage)
    ? [
        fault(
          [...path, 'checks'],
          'a health page alone proves nothing; add the figure that hurt, such as "of: symptom"',
        ),
      ]
    : [];
};

const timeFaults = (
  { interval, consecutiveSuccess }: RunbookCheck,
  { giveUpAfter }: RunbookVerification,
  path: FieldPath,
  fault: PlaceFault,
): Fault[] =>
  typeof giveUpAfter === 'number' && giveUpAfter < interval * consecutiveSuccess
    ? [
        fault(
          [...path, 'consecutiveSuccess'],
          `${consecutiveSuccess} successes in a row need longer than "giveUpAfter"; give it at least ${consecutiveSuccess} times "interval"`,
        ),
      ]
    : [];
