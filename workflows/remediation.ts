/**
 * One run on one target: plan, guard, dry-run, approve, apply, settle, verify, finalize or revert.
 * The workflow id is the lock on the target. Production is changed only by a plan that was shown and allowed,
 * and an outcome nobody can prove goes to a person.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities, IncidentContext, RemediationActivities, ServiceFacts } from '../activities/index.ts';
import { quorumOf } from '../src/domain/approval.ts';
import { instant, spanInWords } from '../src/domain/duration.ts';
import { sentence } from '../src/domain/sentence.ts';
import { muster } from '../src/domain/story.ts';
import { placeOf } from '../src/domain/target.ts';
import { verdictOf } from '../src/domain/verification.ts';
import type { Actor, TimelineEntry, TimelineKind } from '../src/schema/incident.ts';
import type { Policy } from '../src/schema/policy.ts';
import type { Plan, RemediationStatus, RemediationView, Target } from '../src/schema/remediation.ts';
import { applying, looking, planning, telling } from './activity-options.ts';
import { approve, type Decide, deny } from './messages.ts';
import { reasonOf } from './outbox.ts';

export interface RemediationInput {
  remediationId: string;
  incident: IncidentContext;
  action: string;
  target: Target;
  params: Record<string, unknown>;
  proposedBy: Actor;
  because: string;
  policy: Policy['remediation'];
  symptom: ServiceFacts['symptom'];
}
export interface RemediationResult {
  status: RemediationStatus;
  outcome: string;
  /** What was done to production, in the plan's words; absent when nothing was. */
  did?: string;
}

const production = {
  plan: proxyActivities<RemediationActivities>(planning),
  apply: proxyActivities<RemediationActivities>(applying),
};
const look = proxyActivities<Activities>(looking);
const record = proxyActivities<Activities>(telling);

export async function remediation(input: RemediationInput): Promise<RemediationResult> {
  const run = new Run(input);
  setHandler(approve, (decision) => run.decide(decision, 'approved'), { validator: (decision) => run.check(decision) });
  setHandler(deny, (decision) => run.decide(decision, 'denied'), { validator: (decision) => run.check(decision) });

  const plan = await run.plan();
  if (!plan) return run.result();
  if (!(await run.isAllowed(plan))) return run.result();
  if (!(await run.isStillTheSame(plan))) return run.result();
  if (!(await run.apply(plan, false))) return run.result();
  if (await run.settle(plan, false)) await run.verify(plan);
  if (run.shouldRevert(plan)) await run.revert(plan);
  return run.result();
}

class Run {
  private view: RemediationView;
  private entryCount = 0;
  private applied = false;
  private readonly input: RemediationInput;
  private readonly operationId = uuid4();

  constructor(input: RemediationInput) {
    this.input = input;
    const { policy, remediationId, incident, action, target, params, proposedBy, because } = input;
    this.view = {
      id: remediationId,
      incidentId: incident.incidentId,
      workflowId: workflowInfo().workflowId,
      action,
      target,
      params,
      status: 'planning',
      proposedBy,
      because,
      plan: null,
      planHash: null,
      approverRoles: policy.approval.roles,
      notProposer: policy.approval.notProposer,
      quorum: policy.approval.quorum,
      expiresAt: null,
      decisions: [],
      baseline: null,
      samples: [],
      outcome: null,
      drill: incident.drill,
      startedAt: instant(Date.now()),
      endedAt: null,
      version: 0,
    };
  }

  result(): RemediationResult {
    const { status, outcome, plan } = this.view;
    return { status, outcome: outcome ?? status, ...(plan && this.applied ? { did: plan.sentence } : {}) };
  }

  async plan(): Promise<Plan | null> {
    const [found, baseline] = await Promise.all([this.makePlan(), this.sample()]);
    if (typeof found === 'string') {
      await this.end('refused', 'remediationRefused', `Refused to plan ${this.input.action}: ${found}`);
      return null;
    }
    this.view.baseline = baseline.value;
    this.view.plan = found;
    this.view.planHash = found.planHash;
    this.view.quorum = quorumOf(found.blastClass, this.input.policy.approval.quorum);
    this.view.expiresAt = instant(Date.now() + this.elapsed(this.input.policy.approval.expiresAfter));
    await this.write(
      'awaitingApproval',
      'remediationPlanned',
      `Planned: ${found.sentence}. Waits for approval by a ${this.view.approverRoles.join(' or ')}.`,
      `blast class ${found.blastClass}; ${found.undo}`,
    );
    return found;
  }

  private async makePlan(): Promise<Plan | string> {
    const { incident, remediationId, action, target, params } = this.input;
    try {
      const result = await production.plan.planRemediation({
        incident,
        remediationId,
        action,
        target,
        params,
        operationId: this.operationId,
      });
      return result.kind === 'plan' ? result.plan : result.because;
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** Refuses in words what may not be decided. Pure: it runs before anything is written. */
  check(decision: Decide): void {
    const { view } = this;
    if (decision.remediationId !== view.id)
      refuse('conflict', `the run on this target is ${view.id}, not ${decision.remediationId}`);
    if (view.status !== 'awaitingApproval')
      refuse('conflict', `${view.id} is ${view.status}; there is nothing to decide`);
    if (decision.planHash !== view.planHash)
      refuse('conflict', 'the plan changed since you saw it; read it again and decide on the new one');
    if (this.isDecided) refuse('conflict', `${view.id} is decided already`);
    if (view.decisions.some(({ by }) => by.id === decision.by.id))
      refuse('conflict', `${decision.by.name} has decided already; ask another person`);
  }

  decide(decision: Decide, verdict: 'approved' | 'denied'): RemediationView {
    // Of two decisions in one activation the first may have settled it.
    if (!this.isDecided) {
      const { by, planHash, reason, seal } = decision;
      const taken = { by, at: instant(Date.now()), verdict, planHash, reason: reason ?? null, seal };
      this.view.decisions = [...this.view.decisions, taken];
    }
    return this.view;
  }

  private get isDecided(): boolean {
    const { decisions, quorum } = this.view;
    return decisions.some(({ verdict }) => verdict === 'denied') || decisions.length >= quorum;
  }

  async isAllowed(plan: Plan): Promise<boolean> {
    const { expiresAfter } = this.input.policy.approval;
    const until = Date.now() + this.elapsed(expiresAfter);
    for (let seen = 0; ; seen += 1) {
      await condition(() => this.view.decisions.length > seen, Math.max(1, Math.round(until - Date.now())), {
        summary: `wait for approval of: ${plan.sentence}`,
      });
      const decision = this.view.decisions[seen];
      if (!decision) {
        const { quorum } = this.view;
        const got = seen === 0 ? 'Nobody' : `${seen} of ${quorum} people`;
        await this.end(
          'expired',
          'remediationExpired',
          `${got} decided within ${spanInWords(expiresAfter)}; nothing was changed`,
        );
        return false;
      }
      const said = decision.reason ? `: ${decision.reason}` : '';
      if (decision.verdict === 'denied') {
        await this.end('rejected', 'remediationDenied', `${decision.by.name} denied the plan${said}`, decision.by);
        return false;
      }
      const { quorum } = this.view;
      const enough = seen + 1 >= quorum;
      await this.write(
        enough ? 'applying' : 'awaitingApproval',
        'remediationApproved',
        `${decision.by.name} approved${quorum > 1 ? ` (${seen + 1} of ${quorum})` : ''}: ${plan.sentence}${said}.`,
        `plan ${plan.planHash.slice(0, 12)}`,
        decision.by,
      );
      if (enough) return true;
    }
  }

  /** A plan that would be another one by now voids the yes. */
  async isStillTheSame(plan: Plan): Promise<boolean> {
    const again = await this.makePlan();
    if (typeof again !== 'string' && again.planHash === plan.planHash) return true;
    const because =
      typeof again === 'string'
        ? again
        : 'the target changed since the plan was made, so the approval no longer counts';
    await this.end('superseded', 'remediationSuperseded', `Nothing was changed: ${because}`);
    return false;
  }

  async apply(plan: Plan, revert: boolean): Promise<boolean> {
    const { incident, remediationId } = this.input;
    const key = `${incident.incidentId}/remediation/${remediationId}/${revert ? 'revert' : 'apply'}`;
    try {
      const result = await production.apply.applyRemediation({
        incident,
        remediationId,
        key,
        plan,
        revert,
        approvedHash: plan.planHash,
      });
      if (result.outcome === 'applied') {
        this.applied = true;
        const text = revert ? `Took back: ${plan.inverse?.sentence ?? plan.sentence}.` : `Applied: ${plan.sentence}.`;
        await this.write(
          'settling',
          revert ? 'remediationReverted' : 'remediationApplied',
          text,
          result.foundDone ? 'an earlier attempt had done it; it was not sent again' : result.finding,
        );
        return true;
      }
      const [status, kind] =
        result.outcome === 'refused' || result.outcome === 'held'
          ? (['refused', 'remediationRefused'] as const)
          : result.outcome === 'unknown'
            ? (['unknown', 'effectUnknown'] as const)
            : (['superseded', 'remediationSuperseded'] as const);
      await this.end(
        revert ? 'revertFailed' : status,
        kind,
        `Not ${revert ? 'taken back' : 'applied'}: ${result.finding}`,
      );
    } catch (error) {
      // Whether it happened is not known, and that is a state of its own: nothing is sent again without a person.
      const unknown = !(
        error instanceof ActivityFailure &&
        error.cause instanceof ApplicationFailure &&
        error.cause.type === 'notPermitted'
      );
      const status = revert ? 'revertFailed' : unknown ? 'unknown' : 'failed';
      await this.end(status, unknown ? 'effectUnknown' : 'remediationFailed', `${plan.sentence}: ${reasonOf(error)}`);
    }
    return false;
  }

  async settle(plan: Plan, revert: boolean): Promise<boolean> {
    const deadline = Date.now() + this.elapsed(this.input.policy.settleWithin);
    for (;;) {
      const { state, finding } = await this.observe(plan, revert);
      if (state === 'settled') {
        await this.write('verifying', 'remediationSettled', `The rollout settled: ${finding}.`);
        return true;
      }
      if (state === 'superseded') {
        await this.end('superseded', 'remediationSuperseded', `Somebody else changed the target meanwhile: ${finding}`);
        return false;
      }
      if (state === 'failed' || Date.now() >= deadline) {
        const because =
          state === 'failed'
            ? finding
            : `not settled within ${spanInWords(this.input.policy.settleWithin)}: ${finding}`;
        await this.end(
          revert ? 'revertFailed' : 'ineffective',
          'remediationFailed',
          `The change did not settle: ${because}`,
        );
        return false;
      }
      await sleep(this.pause(), { summary: `look whether the rollout of ${plan.target.name} settled` });
    }
  }

  private async observe(plan: Plan, revert: boolean) {
    try {
      return await production.plan.observeSettled({ incident: this.input.incident, plan, revert });
    } catch (error) {
      return { state: 'moving' as const, finding: reasonOf(error) };
    }
  }

  async verify(plan: Plan): Promise<void> {
    const { symptom, policy } = this.input;
    const { verify } = policy;
    if (!symptom) {
      await this.end(
        'inconclusive',
        'remediationIneffective',
        `${plan.sentence}: done, but no symptom is configured to prove it; a person has to look`,
      );
      return;
    }
    const giveUpAt = Date.now() + this.elapsed(verify.giveUpAfter);
    for (;;) {
      await sleep(this.pause(), { summary: `sample ${symptom.title} to see whether it recovered` });
      this.view.samples = [...this.view.samples, await this.sample()];
      const verdict = verdictOf(this.view.samples, { ...verify, giveUpAt, baseline: this.view.baseline }, Date.now());
      const figures = this.view.samples
        .slice(-verify.consecutiveSuccesses)
        .map(({ value }) => (value === null ? 'no data' : value.toPrecision(2)));
      if (verdict === 'recovered') {
        const before = this.view.baseline === null ? '' : `, before ${this.view.baseline.toPrecision(2)}`;
        await this.end(
          'recovered',
          'remediationVerified',
          `${symptom.title}: healthy ${verify.consecutiveSuccesses} times in a row (${figures.join(', ')}${before})`,
        );
        return;
      }
      if (verdict) {
        await this.end(
          verdict,
          'remediationIneffective',
          `${plan.sentence}: ${symptom.title} did not recover (${figures.join(', ')})`,
        );
        return;
      }
      await this.write('verifying', null, '');
    }
  }

  /** Once, and only what made it worse: a change without effect is a person's to judge. */
  shouldRevert(plan: Plan): boolean {
    return this.view.status === 'worse' && plan.inverse !== null;
  }

  async revert(plan: Plan): Promise<void> {
    const why = this.view.outcome;
    this.view.endedAt = null;
    await this.write('reverting', null, '');
    if (!(await this.apply(plan, true))) return;
    if (await this.settle(plan, true))
      await this.end('reverted', 'remediationReverted', `Taken back because it made things worse (${why})`);
  }

  private async sample() {
    const { symptom, incident } = this.input;
    const at = instant(Date.now());
    if (!symptom) return { at, value: null, healthy: null };
    try {
      return await look.sampleSymptom({ incident, query: symptom.query, healthyBelow: symptom.healthyBelow, at });
    } catch {
      return { at, value: null, healthy: null };
    }
  }

  private elapsed(durationMs: number): number {
    return durationMs / this.input.incident.speed;
  }
  private pause(): number {
    return Math.max(50, this.elapsed(this.input.policy.verify.every));
  }

  private async end(status: RemediationStatus, kind: TimelineKind, outcome: string, by: Actor = muster): Promise<void> {
    this.view.outcome = outcome;
    this.view.endedAt = instant(Date.now());
    await this.write(status, kind, outcome, null, by);
  }

  private async write(
    status: RemediationStatus,
    kind: TimelineKind | null,
    text: string,
    why: string | null = null,
    actor: Actor = muster,
  ): Promise<void> {
    this.view = { ...this.view, status, version: this.view.version + 1 };
    const entries: TimelineEntry[] = [];
    if (kind) {
      this.entryCount += 1;
      entries.push({
        key: `remediation/${this.view.id}/${this.entryCount}`,
        at: instant(Date.now()),
        kind,
        actor,
        text: sentence(text),
        why,
        public: false,
      });
    }
    setCurrentDetails(
      `**${this.view.action}** on ${this.view.target.kind} ${placeOf(this.view.target)}: ${status}\n\n${this.view.plan?.sentence ?? ''}\n\n${text}`,
    );
    await record.tellAgain({
      kind: 'recordRemediation',
      key: `${this.view.id}/record/${this.view.version}`,
      view: this.view,
      entries,
    });
  }
}

const refuse = (code: 'conflict' | 'notPermitted', message: string): never => {
  throw ApplicationFailure.create({ type: code, message, nonRetryable: true });
};
