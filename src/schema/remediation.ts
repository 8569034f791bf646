import { z } from 'zod';
import { Actor } from './incident.ts';

/** B0 read .. B4 irreversible. Computed by the server from the plan, never by the caller. */
export const BlastClass = z.enum(['B0', 'B1', 'B2', 'B3', 'B4']);
export type BlastClass = z.infer<typeof BlastClass>;

/** Kinds that belong to the whole cluster: the namespace of such a target is the empty text. */
export const clusterKinds: readonly string[] = ['Node'];

export const Target = z.object({
  cluster: z.string(),
  kind: z.string(),
  /** Empty for the kinds of `clusterKinds`, and for them alone. */
  namespace: z.string(),
  name: z.string(),
});
export type Target = z.infer<typeof Target>;

export const remediationStatuses = [
  'planning',
  'awaitingApproval',
  'applying',
  'settling',
  'verifying',
  'recovered',
  'ineffective',
  'worse',
  'inconclusive',
  'superseded',
  'refused',
  'denied',
  'expired',
  'failed',
  'unknown',
  'reverting',
  'reverted',
  'revertFailed',
  'cancelled',
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

/** One request to the target's API, byte for byte. */
const Request = z.object({
  method: z.enum(['PATCH', 'PUT', 'POST', 'DELETE']),
  path: z.string(),
  contentType: z.string(),
  body: Json,
});

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
  /** The one request that carries it out, with its precondition inside. */
  request: Request,
  /** Path of the object that the request changes, where it is not the path of the request itself. */
  reads: z.string().optional(),
  /** The request that takes it back; null where nothing can. */
  inverse: z
    .object({
      sentence: z.string(),
      before: Json,
      desired: Json,
      request: Request,
      reads: z.string().optional(),
    })
    .nullable(),
  differences: z.array(Difference),
  guards: z.array(Guard),
  dryRun: z.object({ accepted: z.boolean(), finding: z.string() }),
  undo: z.string(),
  risks: z.array(z.string()),
  /** Identifies this run at the target (annotation muster.dev/op). */
  operationId: z.string(),
  planHash: z.string(),
});
export type Plan = z.infer<typeof Plan>;

/** Pure comparison of a fresh read with the plan. `pending`: still as before; `superseded`: somebody changed it. */
export type Observed = 'pending' | 'applied' | 'superseded' | 'gone';

export const Sample = z.object({ at: z.string(), value: z.number().nullable(), healthy: z.boolean().nullable() });
export type Sample = z.infer<typeof Sample>;

export const Decision = z.object({
  by: Actor,
  at: z.string(),
  verdict: z.enum(['approved', 'denied']),
  planHash: z.string(),
  reason: z.string().nullable(),
  /** Proof that it came through the API (src/domain/approval-seal.ts). */
  seal: z.string(),
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
  plan: Plan.nullable(),
  planHash: z.string().nullable(),
  /** Who may approve: roles of the organisation. */
  approverRoles: z.array(z.string()),
  notProposer: z.boolean(),
  /** How many different people must say yes. */
  quorum: z.number().int().min(1),
  expiresAt: z.string().nullable(),
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
});
export type Proposal = z.infer<typeof Proposal>;
