import { proxyActivities, setCurrentDetails, uuid4, workflowInfo } from '@temporalio/workflow';
import type {
  Activities,
  Circumstances,
  IncidentContext,
  RemediationActivities,
  RunOutcome,
  ServiceFacts,
} from '../../activities/index.ts';
import { instant } from '../../src/domain/duration.ts';
import { muster } from '../../src/domain/incident/story.ts';
import { placeOf } from '../../src/domain/remediation/target.ts';
import { sentence } from '../../src/domain/sentence.ts';
import type { Actor, TimelineEntry, TimelineKind } from '../../src/schema/incident.ts';
import type { Policy } from '../../src/schema/policy.ts';
import type { Plan, RemediationStatus, RemediationView, Target } from '../../src/schema/remediation.ts';
import type { CompiledVerification, Verdict } from '../../src/schema/runbook.ts';
import { looking, planning, telling } from '../activity-options.ts';

export interface RemediationInput {
  remediationId: string;
  incident: IncidentContext;
  /** The workflow of that incident. */
  parent: string;
  action: string;
  target: Target;
  params: Record<string, unknown>;
  proposedBy: Actor;
  because: string;
  changeAuthor: string | null;
  circumstances: Circumstances;
  /** The step of a runbook that this is; null: an action by itself. */
  step: RunbookStepInput | null;
  policy: Policy['remediation'];
  symptom: ServiceFacts['symptom'];
}
export interface RunbookStepInput {
  runbook: NonNullable<RemediationView['runbook']>;
  verify: CompiledVerification;
  deadlineMs: number;
  /** After these verdicts what was changed is taken back. */
  revertAfter: Verdict[];
}

export const production = proxyActivities<RemediationActivities>(planning);
export const look = proxyActivities<Activities>(looking);
const record = proxyActivities<Activities>(telling);

/** One run: what everybody may know of it, and its one way to change. */
export class Run {
  view: RemediationView;
  readonly input: RemediationInput;
  readonly operationId = uuid4();
  /** Something of the plan may show at the target. */
  applied = false;
  /** Why nobody waits for it any more, in words; null: somebody does. */
  abandoned: string | null = null;
  /** The workflow of an incident that still waits for it. */
  awaitedBy: () => string = () => this.input.parent;
  /** Of each check before anything was changed; `undefined` is the symptom's. */
  readonly baselines = new Map<string | undefined, number | null>();
  /** How long a yes is worth something, and who is asked when nobody answers; known with the plan. */
  startWithinMs = 0;
  escalateTo: string | null = null;
  private entryCount = 0;

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
      runbook: input.step?.runbook ?? null,
      changeAuthor: input.changeAuthor,
      mode: null,
      modeBecause: [],
      joined: [],
      plan: null,
      planHash: null,
      approverRoles: policy.approval.roles,
      approverPeople: [],
      notProposer: policy.approval.notProposer,
      notAuthorOfChange: false,
      quorum: policy.approval.quorum,
      expiresAt: null,
      startBy: null,
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

  result(): RunOutcome {
    const { status, outcome, plan } = this.view;
    return {
      status,
      allowed: this.view.startBy !== null,
      outcome: outcome ?? status,
      ...(plan && this.applied ? { did: plan.sentence } : {}),
      tasks: plan && this.applied && status !== 'reverted' ? plan.tasks : [],
    };
  }

  /** Which of the plan's two ways a ledger key belongs to. */
  key(revert: boolean): string {
    const { incident, remediationId } = this.input;
    return `${incident.incidentId}/remediation/${remediationId}/${revert ? 'revert' : 'apply'}`;
  }

  /** A span of the policy on this run's clock. */
  elapsed(durationMs: number): number {
    return durationMs / this.input.incident.speed;
  }
  pause(durationMs: number = this.input.policy.verify.every): number {
    return Math.max(50, this.elapsed(durationMs));
  }

  async end(status: RemediationStatus, kind: TimelineKind, outcome: string, by: Actor = muster): Promise<void> {
    this.view.outcome = outcome;
    this.view.endedAt = instant(Date.now());
    await this.write(status, kind, outcome, null, by);
  }

  async write(
    status: RemediationStatus,
    kind: TimelineKind | null,
    text: string,
    why: string | null = null,
    actor: Actor = muster,
  ): Promise<void> {
    this.view = { ...this.view, status };
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
    await this.record(entries, text);
  }

  /** What is known now, as the next version. */
  async record(entries: TimelineEntry[] = [], text = ''): Promise<void> {
    this.view = { ...this.view, version: this.view.version + 1 };
    setCurrentDetails(
      `**${this.view.action}** on ${this.view.target.kind} ${placeOf(this.view.target)}: ${this.view.status}\n\n${this.view.plan?.sentence ?? ''}\n\n${text}`,
    );
    await record.tellAgain({
      kind: 'recordRemediation',
      key: `${this.view.id}/record/${this.view.version}`,
      view: this.view,
      entries,
    });
  }
}

/** The way back of a plan counts as a plan of its own where people read it. */
export const sentenceOf = (plan: Plan, revert: boolean): string =>
  revert ? (plan.inverse?.sentence ?? plan.sentence) : plan.sentence;
