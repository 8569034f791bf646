import { z } from 'zod';
import { Actor } from './incident.ts';

/** B0 read .. B4 irreversible. Computed by the server from the plan, never by the caller. */
export const BlastClass = z.enum(['B0', 'B1', 'B2', 'B3', 'B4']);
export type BlastClass = z.infer<typeof BlastClass>;

/** Kinds that have no namespace: the namespace of such a target is the empty text. */
export const kindsWithoutNamespace: readonly string[] = ['Node', 'Database', 'Switch', 'Application'];

export const Target = z.object({
  /** Where it is: a cluster, or for a Database, Switch or Application the name of the way to it in the catalogue. */
  cluster: z.string(),
  kind: z.string(),
  /** Empty for `kindsWithoutNamespace`, and for them alone. */
  namespace: z.string(),
  name: z.string(),
});
export type Target = z.infer<typeof Target>;

/**
 * Of a run, in the order in which they come. `refused` is a guard's no and `rejected` a person's; `unknown` means that
 * nobody can prove whether production changed, and a person has to look.
 */
export const remediationStatuses = [
  'planning',
  'planned',
  'guarded',
  'awaitingApproval',
  'held',
  'applying',
  'settling',
  'verifying',
  'recovered',
  'ineffective',
  'worse',
  'inconclusive',
  'superseded',
  'refused',
  'rejected',
  'expired',
  'failed',
  'unknown',
  'reverting',
  'reverted',
  'revertFailed',
] as const;
export const RemediationStatus = z.enum(remediationStatuses);
export type RemediationStatus = z.infer<typeof RemediationStatus>;

/** One line of "from what to what", for people: a path in the object, the value now and the value after. */
export const Difference = z.object({ path: z.string(), before: z.string().nullable(), after: z.string().nullable() });
export type Difference = z.infer<typeof Difference>;

export const Guard = z.object({
  name: z.string(),
  passed: z.boolean(),
  /** What was looked at, with values: "3 of 3 replicas would stay available". */
  finding: z.string(),
});
export type Guard = z.infer<typeof Guard>;

const Json: z.ZodType<unknown> = z.unknown();

/** To the API of a cluster. */
export const KubernetesRequest = z.object({
  system: z.literal('kubernetes'),
  method: z.enum(['PATCH', 'PUT', 'POST', 'DELETE']),
  path: z.string(),
  contentType: z.string(),
  body: Json,
  /** Where the object is read, when the request goes to a part of it that cannot be, such as pods/eviction. */
  reads: z.string().optional(),
  /** Of the object that is changed: another one of its name is not it. */
  uid: z.string(),
});
export type KubernetesRequest = z.infer<typeof KubernetesRequest>;

/** To one session of a database: ends its statement, or all of it. */
export const PostgresRequest = z.object({
  system: z.literal('postgres'),
  statement: z.enum(['cancel', 'terminate']),
  session: z.object({
    pid: z.number().int(),
    /** As the server writes it, to the microsecond: a pid alone is used again. */
    backendStart: z.string(),
    user: z.string(),
    /** The statement that is meant, by its start; null: whatever it does now. */
    queryStart: z.string().nullable(),
    /** The transaction that is meant, by its start; null: whichever it is. */
    xactStart: z.string().nullable(),
  }),
});
export type PostgresRequest = z.infer<typeof PostgresRequest>;

/** To an HTTP API of the catalogue; host and credentials belong to the endpoint, never to the plan. */
export const HttpRequest = z.object({
  system: z.literal('http'),
  method: z.enum(['PATCH', 'PUT', 'POST', 'DELETE']),
  path: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
  body: Json,
  /** GET on it gives what the request changes; null: nothing does, so it is sent once and never repeated. */
  reads: z.string().nullable(),
  /**
   * For what is taken back, whose version no plan can know beforehand: just before it is sent, `reads` must have `value`
   * at `at`, and the version found there goes along, as If-Match or to that place of the body.
   */
  compares: z
    .object({
      at: z.string(),
      value: Json,
      /** `etag` or a JSON pointer; null where there is no version. */
      versionAt: z.string().nullable(),
      versionTo: z.string().nullable(),
    })
    .optional(),
});
export type HttpRequest = z.infer<typeof HttpRequest>;

/** One request to the system a target belongs to, byte for byte. */
export const Request = z.discriminatedUnion('system', [KubernetesRequest, PostgresRequest, HttpRequest]);
export type Request = z.infer<typeof Request>;

/** What a remediation will do, to the byte. Everything but `planHash` goes into the hash. */
export const Plan = z.object({
  action: z.string(),
  actionVersion: z.number().int(),
  target: Target.extend({ uid: z.string() }),
  /** "Roll back checkout in shop from revision 5 (2.4.0-bad) to revision 4 (2.3.1)". */
  sentence: z.string(),
  blastClass: BlastClass,
  /** State the plan was made from and the state it leads to, as raw JSON: what observe() compares. */
  before: Json,
  desired: Json,
  /** What carries it out, in this order, each with its precondition inside. */
  requests: z.array(Request).min(1),
  /** What takes it back; null where nothing can. */
  inverse: z
    .object({ sentence: z.string(), before: Json, desired: Json, requests: z.array(Request).min(1) })
    .nullable(),
  /** Other targets that nobody else may change meanwhile. */
  alsoLocks: z.array(Target),
  /** Longest time to carry it out, milliseconds: what is refused for now is asked again until then. */
  within: z.number().int().positive(),
  /** On-call is paged each time it is still so after this, milliseconds; null: it may stay. */
  alarmAfter: z.number().int().positive().nullable(),
  differences: z.array(Difference),
  guards: z.array(Guard),
  dryRun: z.object({ accepted: z.boolean(), finding: z.string() }),
  undo: z.string(),
  risks: z.array(z.string()),
  /** What people have to do afterwards, such as taking the release back in git. */
  tasks: z.array(z.string()),
  /** Identifies this run at the target (annotation muster.dev/op). */
  operationId: z.string(),
  planHash: z.string(),
});
export type Plan = z.infer<typeof Plan>;

/**
 * Pure comparison of a fresh read with the plan. `pending`: still as before; `superseded`: somebody changed it;
 * `needless`: this request is no longer wanted, and the rest of the plan is; `unknown`: nothing can be read.
 */
export type Observed = 'pending' | 'applied' | 'superseded' | 'gone' | 'needless' | 'unknown';

export const Sample = z.object({
  at: z.string(),
  value: z.number().nullable(),
  /** null: no data, or neither good nor bad. Never taken for health. */
  healthy: z.boolean().nullable(),
  /** Of which check of a runbook; absent: the symptom. */
  check: z.string().optional(),
});
export type Sample = z.infer<typeof Sample>;

export const Decision = z.object({
  by: Actor,
  at: z.string(),
  verdict: z.enum(['approved', 'denied']),
  planHash: z.string(),
  reason: z.string().nullable(),
  /** Proof that it came through the API (src/domain/remediation/approval-seal.ts). */
  seal: z.string(),
  /** When the API took it, by its clock. */
  sealedAt: z.string(),
});
export type Decision = z.infer<typeof Decision>;

/** What everybody may know of a remediation: written by its workflow, read by API, pages and CLI. */
export const RemediationView = z.object({
  id: z.string(),
  incidentId: z.string(),
  workflowId: z.string(),
  action: z.string(),
  target: Target,
  params: z.record(z.string(), z.unknown()),
  status: RemediationStatus,
  proposedBy: Actor,
  because: z.string(),
  /** The step of a runbook that this run is; null: an action by itself. */
  runbook: z
    .object({ name: z.string(), version: z.number().int(), title: z.string(), builtIn: z.boolean(), step: z.string() })
    .nullable(),
  /** Who made the change that this takes back, where it is known. */
  changeAuthor: z.string().nullable(),
  /** How much Muster may do by itself here, and why; null until there is a plan. */
  mode: z.enum(['off', 'observe', 'recommend', 'approve', 'auto']).nullable(),
  modeBecause: z.array(z.string()),
  /** Other incidents that wait for this run. */
  joined: z.array(z.string()),
  plan: Plan.nullable(),
  planHash: z.string().nullable(),
  /** Who may approve: roles of the organisation. */
  approverRoles: z.array(z.string()),
  /** And these people, by a duty they hold. */
  approverPeople: z.array(z.string()),
  notProposer: z.boolean(),
  notAuthorOfChange: z.boolean(),
  /** How many different people must say yes. */
  quorum: z.number().int().min(1),
  expiresAt: z.string().nullable(),
  /** The change must begin by then, or the yes is worth nothing. */
  startBy: z.string().nullable(),
  decisions: z.array(Decision),
  baseline: z.number().nullable(),
  samples: z.array(Sample),
  /** The outcome in one sentence, once there is one. */
  outcome: z.string().nullable(),
  drill: z.boolean(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  version: z.number().int(),
});
export type RemediationView = z.infer<typeof RemediationView>;

/** What diagnosis proposes; null action: nothing safe fits, a person decides. */
export const Proposal = z.object({
  action: z.string(),
  target: Target,
  params: z.record(z.string(), z.unknown()),
  because: z.string(),
  /** Who made the change that it takes back, where it is known. */
  changeAuthor: z.string().nullable().optional(),
  /** When that change was made. */
  changeAt: z.string().nullable().optional(),
});
export type Proposal = z.infer<typeof Proposal>;
