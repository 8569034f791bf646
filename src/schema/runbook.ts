/**
 * A runbook as its YAML says it (RunbookDocument), and as it enters the history of a workflow (CompiledRunbook: plain
 * data, every condition already answered). What a runbook may not say is as much part of its shape: mode, approvers,
 * blast class, rights and the way back belong to the policy and to the action, so an author cannot lower safety.
 */
import { z } from 'zod';
import { switchKinds } from './endpoint.ts';
import { Duration } from './policy.ts';
import type { Target } from './remediation.ts';

/** Text in the Common Expression Language over facts; see docs/runbooks.md. */
const Condition = z.string().min(1).max(500);

/** `{change.what}` in it becomes the fact. */
const Sentence = z.string().min(1).max(600);

const Id = z.string().regex(/^[a-z][A-Za-z0-9]*$/, 'an id is one word such as rollBack');
const Name = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'a name is lower case with hyphens, such as bad-release');

const WorkloadKind = z.enum(['Deployment', 'StatefulSet', 'DaemonSet']);

const FromInput = z.strictObject({ input: z.string() });
const DurationOrInput = z.union([Duration, FromInput], {
  error: 'give a duration such as 10m, or {input: NAME} of an input of type duration',
});

const InputDuration = z.strictObject({ type: z.literal('duration'), default: Duration, min: Duration, max: Duration });
const InputNumber = z.strictObject({
  type: z.literal('number'),
  default: z.number(),
  min: z.number(),
  max: z.number(),
});
const InputChoice = z.strictObject({ type: z.literal('choice'), default: z.string(), of: z.array(z.string()).min(1) });
/** A figure that the organisation may set within the bounds. */
export const RunbookInput = z.discriminatedUnion('type', [InputDuration, InputNumber, InputChoice]);
export type RunbookInput = z.infer<typeof RunbookInput>;

/** What the action is done to. Everything but `workload` is found from the incident's evidence or named. */
export const TargetSource = z.discriminatedUnion('from', [
  /** The workload of the incident's service. */
  z.strictObject({
    from: z.literal('workload'),
    kinds: z.array(WorkloadKind).min(1),
  }),
  /** The one pod that is not well while the others are. */
  z.strictObject({ from: z.literal('badPod') }),
  /** The node that the pods that are not well stand on. */
  z.strictObject({ from: z.literal('badNode') }),
  /** The database of the service. */
  z.strictObject({ from: z.literal('database') }),
  /** A switch of the catalogue: the one of this name, or the service's own of this kind. Exactly one of the two. */
  z.strictObject({
    from: z.literal('switch'),
    name: z.string().min(1).optional(),
    kind: z.enum(switchKinds).optional(),
  }),
  /** The Argo CD application of the service. */
  z.strictObject({ from: z.literal('application') }),
  z.strictObject({ from: z.literal('configMap'), name: z.string().min(1) }),
  z.strictObject({ from: z.literal('kubernetesService'), name: z.string().min(1) }),
]);
export type TargetSource = z.infer<typeof TargetSource>;

const read = {
  id: Id,
  /** Absent: without it the diagnosis is inconclusive. */
  optional: z.boolean().default(false),
  /** No answer by then is none. */
  within: Duration.prefault('10s'),
};
/** Reads only (B0), in parallel; `reads.<id>` is the figure it gave. `$target.name` and the like become the target's words. */
export const RunbookRead = z.discriminatedUnion('read', [
  z.strictObject({ read: z.literal('prometheus'), ...read, query: z.string().min(1).max(2_000) }),
  /** The figure is the HTTP status. */
  z.strictObject({
    read: z.literal('http'),
    ...read,
    url: z.string().regex(/^https?:\/\//, 'give a URL with its scheme'),
  }),
  z.strictObject({
    read: z.literal('cloudwatchMetric'),
    ...read,
    namespace: z.string().min(1),
    metric: z.string().min(1),
    statistic: z.enum(['Average', 'Maximum', 'Minimum', 'Sum', 'SampleCount']),
    dimensions: z.record(z.string(), z.string()).default({}),
    lookBack: Duration,
  }),
  /** The figure is how many lines match. */
  z.strictObject({
    read: z.literal('cloudwatchLogs'),
    ...read,
    group: z.string().min(1),
    pattern: z.string().min(1).max(500),
    lookBack: Duration,
  }),
]);
export type RunbookRead = z.infer<typeof RunbookRead>;

/** A plain value, or the value of an input or a fact. Nothing is put together out of text. */
export const ParamValue = z.union(
  [
    z.string(),
    z.number(),
    z.boolean(),
    FromInput,
    z.strictObject({ fact: z.string() }),
    z.record(z.string(), z.string()),
    z.array(z.string()),
  ],
  { error: 'give text, a number, true or false, a list or map of text, {input: NAME} or {fact: GROUP.FIELD}' },
);
export type ParamValue = z.infer<typeof ParamValue>;

export const RunbookCheck = z.strictObject({
  id: Id,
  /** `symptom`: the figure of the service's own symptom; else the id of a read of `diagnose`. */
  of: z.string(),
  /** Over `value` and `baseline` (the figure before anything was changed). */
  success: Condition,
  failure: Condition.optional(),
  interval: Duration,
  consecutiveSuccess: z.number().int().min(1).max(100),
  failureLimit: z.number().int().min(1).max(100),
  noData: z.literal('inconclusive').default('inconclusive'),
});
export type RunbookCheck = z.infer<typeof RunbookCheck>;

/** How it is known that a step helped. Either `same`, or all of the others. */
export const RunbookVerification = z.strictObject({
  /** As the step of this id, further up. */
  same: z.string().optional(),
  /** Quiet time after the change before anything is looked at. */
  settle: DurationOrInput.optional(),
  checks: z.array(RunbookCheck).min(1).optional(),
  /** No verdict by then: what was seen decides. */
  giveUpAfter: DurationOrInput.optional(),
});
export type RunbookVerification = z.infer<typeof RunbookVerification>;

/** Answers to which a runbook says what comes next; `refused` is a guard's no. */
export const verdicts = ['recovered', 'ineffective', 'worse', 'inconclusive', 'refused'] as const;
export type Verdict = (typeof verdicts)[number];

/** Ends of a runbook; any other word after a verdict is the id of a step further down. */
export const runbookEnds = ['finish', 'escalate', 'ask', 'revertAndEscalate'] as const;
export type RunbookEnd = (typeof runbookEnds)[number];

/** What the guide weighs: how fast it helps, what can go wrong, whether it can be taken back, whether data is touched. */
export const StepFactors = z.strictObject({
  speed: z.enum(['seconds', 'minutes', 'tensOfMinutes']),
  risk: z.enum(['low', 'medium', 'high']),
  reversible: z.boolean(),
  data: z.enum(['none', 'interrupted', 'changed']),
});
export type StepFactors = z.infer<typeof StepFactors>;

export const RunbookStep = z.strictObject({
  id: Id,
  /** What it does in this case, for people. */
  title: z.string().min(1),
  action: z.string(),
  /** That of the runbook when absent. */
  target: TargetSource.optional(),
  params: z.record(z.string(), ParamValue).default({}),
  /** Absent: always a candidate. A condition that rests on a missing fact does not hold. */
  when: Condition.optional(),
  deadline: DurationOrInput,
  verify: RunbookVerification.optional(),
  on: z.strictObject({
    recovered: z.string(),
    ineffective: z.string(),
    worse: z.string(),
    inconclusive: z.string(),
    refused: z.string().default('ask'),
  }),
  factors: StepFactors,
});
export type RunbookStep = z.infer<typeof RunbookStep>;

/** What must not be done in this case. The actions named are not proposed, and no step may use them. */
export const Never = z.strictObject({
  what: z.string().min(1),
  because: z.string().min(1),
  actions: z.array(z.string()).default([]),
});
export type Never = z.infer<typeof Never>;

/** Exactly one of the three. */
const Trigger = z.strictObject({
  /** The monitor's name of the alert; `*` stands for anything. */
  alert: z.string().min(1).optional(),
  /** All of these on one alert. */
  labels: z.record(z.string(), z.string()).optional(),
  condition: Condition.optional(),
});
export type Trigger = z.infer<typeof Trigger>;

export const RunbookDocument = z.strictObject({
  apiVersion: z.literal('muster.dev/v1'),
  kind: z.literal('Runbook'),
  metadata: z.strictObject({
    name: Name,
    /** Grows with every change that could lead to another step; a run keeps the version it began with. */
    version: z.number().int().min(1),
    owner: z.string().min(1),
    title: z.string().min(1),
  }),
  spec: z.strictObject({
    /** One of `any` is enough to look closer; the rest must hold as well. */
    match: z.strictObject({
      any: z.array(Trigger).min(1),
      /** 1 is the worst: 2 matches ranks 1 and 2. */
      rankAtMost: z.number().int().min(1).optional(),
      services: z.array(z.string()).min(1).optional(),
      /** Of the workload of the service. */
      kinds: z.array(WorkloadKind).min(1).optional(),
    }),
    target: TargetSource,
    inputs: z.record(Id, RunbookInput).default({}),
    diagnose: z.array(RunbookRead).max(20).default([]),
    /** What people look at in this case, in this order. */
    look: z.array(Sentence).default([]),
    conclude: z.strictObject({
      when: Condition,
      /** 0 to 1: of several runbooks that conclude, the surest is taken. A figure or an expression such as change.score. */
      confidence: z.union([z.number().min(0).max(1), Condition], {
        error: 'give a figure from 0 to 1, or an expression such as change.score',
      }),
      because: Sentence,
      /** What is said to people where it does not conclude. */
      else: Sentence,
    }),
    /** From the safest to the riskiest. */
    steps: z.array(RunbookStep).max(12).default([]),
    never: z.array(Never).default([]),
    /** Nothing is automated: people are paged and asked to do `ask`. */
    stop: z
      .strictObject({ stopAutomation: z.literal(true), because: Sentence, page: z.string(), ask: Sentence })
      .optional(),
    finish: z.strictObject({ tasks: z.array(Sentence).default([]) }).prefault({}),
  }),
});
export type RunbookDocument = z.infer<typeof RunbookDocument>;

/** What comes after a verdict. */
export type CompiledNext = { to: 'step'; step: string } | { to: RunbookEnd };

export interface CompiledCheck {
  id: string;
  /** `symptom`, or the id of the read. */
  of: string;
  /** With the target's words filled in; null for the symptom, and for a read whose words nobody knows: that gives no data. */
  read: RunbookRead | null;
  /** Conditions over `value` and `baseline`, for the activity that takes the sample. */
  success: string;
  failure: string | null;
  intervalMs: number;
  consecutiveSuccess: number;
  failureLimit: number;
}

export interface CompiledVerification {
  settleMs: number;
  giveUpAfterMs: number;
  checks: CompiledCheck[];
}

export interface CompiledStep {
  id: string;
  title: string;
  action: string;
  /** Null: the evidence does not say which; then `chosen` is false. */
  target: Target | null;
  params: Record<string, unknown>;
  /** Whether its condition holds and everything it needs is known. */
  chosen: boolean;
  /** Why it is a candidate, or why not, in one sentence. */
  why: string;
  deadlineMs: number;
  factors: StepFactors;
  verify: CompiledVerification;
  on: Record<Verdict, CompiledNext>;
}

/** One runbook for one incident: all that its workflow needs, and nothing that has to be evaluated. */
export interface CompiledRunbook {
  name: string;
  version: number;
  owner: string;
  title: string;
  confidence: number;
  /** What is believed and what it rests on, in one sentence. */
  because: string;
  /** From the safest to the riskiest, also those that are not candidates. */
  steps: CompiledStep[];
  never: Never[];
  look: string[];
  stop: { because: string; page: string; ask: string } | null;
  tasks: string[];
}

/** The one an incident goes by. */
export interface ChosenRunbook extends CompiledRunbook {
  /** Came with Muster. */
  builtIn: boolean;
}
