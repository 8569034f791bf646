import { InvalidInput } from '../domain/errors.ts';
import { type Fact, type JudgedSeverity, judge, judgeByLabel, type TriageFacts } from '../domain/incident/severity.ts';
import type { Service } from '../schema/organisation.ts';
import type { Condition, PackDocument } from '../schema/policy.ts';

/**
 * The severity that the answers of whoever declares give, by the pack's rules and adjustments; without an answer that
 * says anything it is the pack's severity for the unknown. Never ignores: a person who declares has decided that.
 * Throws InvalidInput for a signal the pack does not know and for an answer that is not one of a question's own.
 */
export const assess = (
  pack: PackDocument,
  service: Service | null,
  assessment: Readonly<Record<string, Fact>>,
): JudgedSeverity => {
  const answers = Object.entries(assessment).map(([signal, given]) => [signal, answerTo(pack, signal, given)] as const);
  const facts: TriageFacts = {
    ...(service ? { criticalEndpoint: service.critical, serviceTier: service.tier } : {}),
    ...Object.fromEntries(answers),
    severityLabel: 'none',
    figures: answers.filter(([, value]) => typeof value === 'number').length,
    serviceKnown: service !== null,
  };
  const seconds = facts.heldForSeconds;
  const judged = judge(pack, facts, typeof seconds === 'number' ? seconds * 1_000 : 0, null);
  // No monitor has a word in this.
  const because = judged.because.replace(judgeByLabel(pack, null).because, 'no rule of the pack says more');
  return { ...judged, because };
};

const answerTo = (pack: PackDocument, signal: string, given: Fact): Fact => {
  const question = pack.assessment.find((one) => one.signal === signal);
  if (!question) {
    const known = signalsOf(pack);
    if (known.includes(signal)) return given;
    throw new InvalidInput(`the pack ${pack.pack} has no signal "${signal}"; give one of ${known.join(', ')}`, [
      { path: `assessment.${signal}`, message: `one of ${known.join(', ')}` },
    ]);
  }
  const answer = question.answers
    ? question.answers.find((one) => one.toLowerCase() === wordOf(given))
    : typeof given === 'boolean'
      ? given
      : undefined;
  if (answer !== undefined) return answer;
  const known = (question.answers ?? ['true', 'false']).join(', ');
  throw new InvalidInput(`"${question.question}" is answered with one of ${known}`, [
    { path: `assessment.${signal}`, message: `one of ${known}` },
  ]);
};

/** Where a pack writes yes and no as answers of its own, a flag means them. */
const wordOf = (given: Fact): string =>
  typeof given === 'boolean' ? (given ? 'yes' : 'no') : String(given).trim().toLowerCase();

/** What the pack asks, and whatever else its rules speak of. */
const signalsOf = ({ assessment, rules, adjustments }: PackDocument): string[] => {
  const signals = (when: readonly Condition[]): string[] => when.map(({ signal }) => signal);
  return [
    ...new Set([
      ...assessment.map(({ signal }) => signal),
      ...[...rules, ...adjustments].flatMap(({ when }) => signals(when)),
      'heldForSeconds',
      'category',
    ]),
  ].sort();
};
