/** The proof that a change helped: the symptom, or what the runbook wants to see, sample after sample. */
import { sleep } from '@temporalio/workflow';
import { instant } from '../../src/domain/duration.ts';
import { type VerificationRule, verdictOfAll } from '../../src/domain/remediation/verification.ts';
import type { Plan, Sample } from '../../src/schema/remediation.ts';
import type { CompiledCheck } from '../../src/schema/runbook.ts';
import { look, production, type Run } from './run.ts';

interface Check {
  id: string | undefined;
  title: string;
  everyMs: number;
  rule: Omit<VerificationRule, 'giveUpAt' | 'baseline'>;
  sample(baseline: number | null): Promise<Sample>;
}

/** The figures before anything is changed: "no worse" and "recovered" differ only by them. */
export const takeBaselines = async (run: Run): Promise<void> => {
  const samples = await Promise.all(checksOf(run).map((check) => check.sample(null)));
  for (const { check, value } of samples) run.baselines.set(check, value);
  run.view.baseline = samples[0]?.value ?? null;
};

export const verify = async (run: Run, plan: Plan): Promise<void> => {
  const checks = checksOf(run);
  if (checks.length === 0) {
    await run.end(
      'inconclusive',
      'remediationIneffective',
      `${plan.sentence}: done, but no symptom is configured to prove it; a person has to look`,
    );
    return;
  }
  const { verify: ofPack } = run.input.policy;
  const { settleMs = 0, giveUpAfterMs = ofPack.giveUpAfter } = run.input.step?.verify ?? {};
  if (settleMs > 0) await sleep(run.pause(settleMs), { summary: 'let the figures catch up with the change' });
  const giveUpAt = Date.now() + run.elapsed(giveUpAfterMs);
  const pauseMs = run.pause(Math.min(...checks.map((check) => check.everyMs)));
  const titles = checks.map((check) => check.title).join(', ');
  for (;;) {
    await sleep(pauseMs, { summary: `sample ${titles} to see whether it recovered` });
    const now = await Promise.all(checks.map((check) => check.sample(run.baselines.get(check.id) ?? null)));
    run.view.samples = [...run.view.samples, ...now];
    const seen = checks.map((check) => ({
      samples: run.view.samples.filter((sample) => sample.check === check.id),
      rule: { ...check.rule, giveUpAt, baseline: run.baselines.get(check.id) ?? null },
    }));
    const verdict = verdictOfAll(seen, Date.now());
    if (verdict === null) {
      await run.write('verifying', null, '');
      continue;
    }
    const figures = checks.map((check, at) => inWords(check, seen[at]?.samples ?? [])).join('; ');
    if (verdict === 'recovered') await run.end('recovered', 'remediationVerified', `${figures}${before(run)}`);
    else
      await run.end(verdict, 'remediationIneffective', `${plan.sentence}: did not recover; ${figures}${before(run)}`);
    return;
  }
};

const before = ({ view }: Run): string => (view.baseline === null ? '' : `, before ${view.baseline.toPrecision(2)}`);

const inWords = ({ title, rule }: Check, samples: Sample[]): string => {
  const last = samples.slice(-rule.consecutiveSuccesses);
  const figures = last.map(({ value }) => (value === null ? 'no data' : value.toPrecision(2))).join(', ');
  const healthy = last.length === rule.consecutiveSuccesses && last.every((sample) => sample.healthy === true);
  return healthy ? `${title}: healthy ${last.length} times in a row (${figures})` : `${title}: ${figures}`;
};

const checksOf = (run: Run): Check[] => {
  const { symptom, step, policy } = run.input;
  const checks = step?.verify.checks ?? [];
  if (checks.length > 0) return checks.map((check) => ofRunbook(run, check));
  if (!symptom) return [];
  const { query, healthyBelow, title } = symptom;
  return [
    {
      id: undefined,
      title,
      everyMs: policy.verify.every,
      rule: { consecutiveSuccesses: policy.verify.consecutiveSuccesses },
      sample: (): Promise<Sample> =>
        orNoData((at) => look.sampleSymptom({ incident: run.input.incident, query, healthyBelow, at })),
    },
  ];
};

const ofRunbook = (run: Run, check: CompiledCheck): Check => ({
  id: check.id,
  title: check.of === 'symptom' ? (run.input.symptom?.title ?? check.id) : check.id,
  everyMs: check.intervalMs,
  rule: { consecutiveSuccesses: check.consecutiveSuccess, failureLimit: check.failureLimit },
  sample: async (baseline) => ({
    ...(await orNoData((at) =>
      production.sampleCheck({ incident: run.input.incident, check, symptom: run.input.symptom, baseline, at }),
    )),
    check: check.id,
  }),
});

/** What cannot be read is no data, and no data is never success. */
const orNoData = async (sample: (at: string) => Promise<Sample>): Promise<Sample> => {
  const at = instant(Date.now());
  try {
    return await sample(at);
  } catch {
    return { at, value: null, healthy: null };
  }
};
