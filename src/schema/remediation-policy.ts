/**
 * What Muster may change and on whose word: `kind: RemediationPolicy`, as its YAML says it (RemediationPolicyDocument) and as
 * code uses it (RemediationPolicy: durations in milliseconds). Kept apart from runbooks, so that whoever writes a runbook
 * cannot lower safety. What a policy does not say is said by the built-in ones. See docs/remediation-policies.md.
 */
import { z } from 'zod';
import { Restriction } from './organisation.ts';
import { Duration } from './policy.ts';

/** From the strictest: nothing, a line on the timeline, a button, a plan that waits for a yes, no question at all. */
export const modes = ['off', 'observe', 'recommend', 'approve', 'auto'] as const;
export const Mode = z.enum(modes);
export type Mode = z.infer<typeof Mode>;

/** Blast classes that change something; B0 only reads and is always allowed. */
export const changingClasses = ['B1', 'B2', 'B3', 'B4'] as const;
export type ChangingClass = (typeof changingClasses)[number];

const names = z.array(z.string()).min(1);

/** What a policy is about; a part that is not given leaves nothing out. */
export const Selection = z.strictObject({
  environments: names.optional(),
  exceptEnvironments: names.optional(),
  clusters: names.optional(),
  namespaces: names.optional(),
  services: names.optional(),
  runbooks: names.optional(),
  /** true: drills alone; false: live incidents alone. */
  drills: z.boolean().optional(),
});
export type Selection = z.infer<typeof Selection>;

const OnTimeout = z.union([z.literal('nothing'), z.strictObject({ escalateTo: z.string() })], {
  error: 'must be nothing or escalateTo with a duty: no change is ever made because nobody answered',
});

/** Roles and duties are one statement: a policy that gives either says who may approve, and nobody else may. */
const approvers = {
  roles: z
    .array(z.enum(['responder', 'commander']))
    .min(1)
    .optional(),
  duties: names.optional(),
  /** Different people who must say yes. */
  count: z.number().int().min(1).max(5).optional(),
};

export const ApprovalPolicy = z.strictObject({
  ...approvers,
  timeout: Duration.optional(),
  notProposer: z.boolean().optional(),
  notAuthorOfChange: z.boolean().optional(),
  /** A yes is worth nothing when the change has not begun by then. */
  startWithin: Duration.optional(),
  onTimeout: OnTimeout.optional(),
});
export type ApprovalPolicy = z.infer<typeof ApprovalPolicy>;

const atMost = z.number().int().min(0);

const Limits = z.strictObject({
  perTarget: z
    .strictObject({ max: atMost.optional(), window: Duration.optional(), perDay: atMost.optional() })
    .optional(),
  perRunbook: z.strictObject({ max: atMost.optional(), window: Duration.optional() }).optional(),
  perCluster: z
    .strictObject({ max: atMost.optional(), window: Duration.optional(), concurrent: atMost.optional() })
    .optional(),
  total: z.strictObject({ max: atMost.optional(), window: Duration.optional() }).optional(),
});

/** Closed hours: an instant to an instant, or every week by the clock of a zone. */
export const FreezeWindow = z.strictObject({
  name: z.string(),
  reason: z.string(),
  from: z.iso.datetime({ offset: true, error: 'must be an instant such as 2026-12-20T00:00:00+01:00' }).optional(),
  to: z.iso.datetime({ offset: true, error: 'must be an instant such as 2027-01-03T00:00:00+01:00' }).optional(),
  weekly: z.array(Restriction).min(1).optional(),
  timezone: z.string().optional(),
  /** Narrower than the policy itself. */
  scope: Selection.optional(),
  /** The most that is possible meanwhile. */
  capMode: z.enum(['off', 'observe', 'recommend', 'approve']).default('approve'),
  /** Who approves meanwhile; as always when absent. */
  approvals: z.strictObject(approvers).optional(),
  /** From this rank of severity on (1 is worst) a person may override the window, with a reason. */
  emergencyRank: z.number().int().min(1).optional(),
});
export type FreezeWindow = z.infer<typeof FreezeWindow>;

const percentText = /^(\d{1,2}|100)%$/;
const Percent = z
  .string()
  .regex(percentText, 'a share is such as "51%"')
  .transform((text) => Number(text.slice(0, -1)) / 100);

const minAvailable = 'must be a number of replicas such as 2, or a share such as "60%"';
/** `2` replicas, or `60%` of those that are wanted. */
const MinAvailable = z.union([z.number().int().min(1), z.string().regex(percentText, minAvailable)], minAvailable);
export type MinAvailable = z.infer<typeof MinAvailable>;

export const RemediationPolicySpec = z.strictObject({
  select: Selection.prefault({}),
  modes: z
    .strictObject({ B1: Mode.optional(), B2: Mode.optional(), B3: Mode.optional(), B4: Mode.optional() })
    .optional(),
  approvals: z
    .strictObject({
      B1: ApprovalPolicy.optional(),
      B2: ApprovalPolicy.optional(),
      B3: ApprovalPolicy.optional(),
      B4: ApprovalPolicy.optional(),
    })
    .optional(),
  limits: Limits.optional(),
  /** The same runbook helped the same target so often in a row, and each time the alert came back. */
  flap: z
    .strictObject({
      times: z.number().int().min(1).optional(),
      within: Duration.optional(),
      lookBack: Duration.optional(),
      breaker: Duration.optional(),
    })
    .optional(),
  /** So much is unwell at once that one cause behind it is likelier than many. */
  storm: z
    .strictObject({
      share: z.number().min(0).max(1).optional(),
      services: z.number().int().min(1).optional(),
      coolDown: Duration.optional(),
    })
    .optional(),
  freeze: z.array(FreezeWindow).optional(),
  require: z
    .strictObject({
      minAvailable: MinAvailable.optional(),
      /** Label or annotation that the object must carry, such as muster.dev/allow: names of actions, or `all`. */
      allowLabel: z.string().optional(),
      nodesReadyAtLeast: Percent.optional(),
    })
    .optional(),
  newRunbooks: z
    .strictObject({
      /** The most that a version of a runbook without any history may do. */
      mode: z.enum(['off', 'observe', 'recommend', 'approve']).optional(),
      /** Versions that a person vouches for, as name@version; `built-in`: those that come with Muster. */
      trusted: z.array(z.string().regex(/^(built-in|[a-z0-9-]+@\d+)$/, 'must be name@version, or built-in')).optional(),
    })
    .optional(),
  trust: z
    .strictObject({
      /** A person is told to consider `auto` from so many runs and this Wilson bound on. */
      promote: z
        .strictObject({ runs: z.number().int().min(1).optional(), bound: z.number().min(0).max(1).optional() })
        .optional(),
      /** From then on a person is asked each time, until there is a new version. */
      demote: z
        .strictObject({
          harmful: z.number().int().min(1).optional(),
          ineffectiveInARow: z.number().int().min(1).optional(),
        })
        .optional(),
    })
    .optional(),
});
export type RemediationPolicySpec = z.infer<typeof RemediationPolicySpec>;

export const RemediationPolicyDocument = z.strictObject({
  apiVersion: z.literal('muster.dev/v1'),
  kind: z.literal('RemediationPolicy'),
  metadata: z.strictObject({
    name: z.string().regex(/^[a-z0-9-]+$/, 'a name is lower case, digits and hyphens'),
    /** Team that answers for it. */
    owner: z.string().optional(),
    description: z.string().optional(),
  }),
  spec: RemediationPolicySpec,
});
export type RemediationPolicyDocument = z.infer<typeof RemediationPolicyDocument>;

export interface RemediationPolicy extends RemediationPolicySpec {
  name: string;
  /** Came with Muster: stands where no other policy says anything. */
  builtIn: boolean;
}
