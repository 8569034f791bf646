/** What a diagnosis found: shapes of the stored evidence, which API, pages and runbook conditions read. */
import { z } from 'zod';
import { ChangeKind } from './change.ts';
import { Difference, Target } from './remediation.ts';

/** A change that happened before the symptoms did, with its score and the reasons for it. */
export const Suspect = z.object({
  kind: ChangeKind,
  what: z.string(),
  at: z.string(),
  by: z.string().nullable(),
  /** Person id of whoever made it, where that is known: not the one to approve its undoing. */
  author: z.string().nullable().default(null),
  /** Who told of it: `cluster`, `muster`, the name of a webhook, or `person`. */
  source: z.string().default('cluster'),
  /** Where to read more of it. */
  link: z.string().nullable().default(null),
  score: z.number().min(0).max(2),
  reasons: z.array(z.string()),
  target: Target.nullable(),
});
export type Suspect = z.infer<typeof Suspect>;

/** A curve. */
export const Series = z.object({
  title: z.string(),
  unit: z.string(),
  healthyBelow: z.number().nullable(),
  points: z.array(z.object({ at: z.string(), value: z.number().nullable() })),
  /** Moments worth a line in the curve: deployments, our own actions. */
  marks: z.array(z.object({ at: z.string(), text: z.string() })),
});
export type Series = z.infer<typeof Series>;

const PodSeen = z.object({
  name: z.string(),
  image: z.string(),
  revision: z.string(),
  phase: z.string(),
  ready: z.boolean(),
  restarts: z.number().int(),
  reason: z.string().nullable(),
  /** Where it runs; null while it is not placed. */
  node: z.string().nullable().default(null),
  /** Whose it is, nearest first: `ReplicaSet checkout-5d8f`, `Deployment checkout`, then whoever owns that. */
  owners: z.array(z.string()).default([]),
  /** How one of its containers ended last; null when none has. 137 is a kill, by memory only where the reason says so. */
  lastEnd: z
    .object({ container: z.string(), reason: z.string(), exitCode: z.number().int().nullable(), at: z.string() })
    .nullable()
    .default(null),
});

const NodeSeen = z.object({
  name: z.string(),
  ready: z.boolean(),
  /** What it reports against itself: NotReady, MemoryPressure, DiskPressure, PIDPressure, NetworkUnavailable. */
  troubles: z.array(z.string()),
  /** Cordoned: no new pod is placed there. */
  unschedulable: z.boolean(),
  /** The target's own pods on it. */
  own: z.object({ pods: z.number().int(), bad: z.number().int() }),
  /** Pods of others on it, and how many other workloads have a bad one there; null when they could not be seen. */
  others: z.object({ pods: z.number().int(), bad: z.number().int(), workloadsBad: z.number().int() }).nullable(),
});

const DatabaseSession = z.object({
  pid: z.number().int(),
  user: z.string(),
  application: z.string(),
  state: z.string(),
  /** How long its transaction is open; where it has none, how long it is in this state. */
  ageSeconds: z.number(),
  /** What it waits for; null when it does not. */
  waiting: z.string().nullable(),
  /** Pids that hold what it waits for. */
  blockedBy: z.array(z.number().int()),
  /** The statement without its literals. */
  query: z.string(),
});

export const DatabaseSeen = z.object({
  name: z.string(),
  connections: z.object({ used: z.number().int(), max: z.number().int(), reserved: z.number().int() }),
  /** Those that others wait for, then those that wait, then those at work or in a transaction, then the idle ones; each oldest first. */
  sessions: z.array(DatabaseSession),
  /** How many more there are. */
  left: z.number().int().default(0),
  /** Sessions that others wait for and that wait for nobody themselves, with how many wait for each, directly or not. */
  blockers: z.array(z.object({ pid: z.number().int(), waiting: z.number().int(), ageSeconds: z.number() })),
});
export type DatabaseSeen = z.infer<typeof DatabaseSeen>;

/** Known faults, recognised in lines of log. */
const signatureNames = [
  'tooManyConnections',
  'outOfMemory',
  'connectionRefused',
  'nameNotFound',
  'timeout',
  'certificate',
  'unauthorised',
  'missingSetting',
  'migration',
  'diskFull',
  'deadlock',
] as const;

export const Signature = z.object({
  name: z.enum(signatureNames),
  /** Lines that show it. */
  count: z.number().int(),
  /** One of them, shortened, secrets taken out. */
  example: z.string(),
});
export type Signature = z.infer<typeof Signature>;

/** What was found, bounded and redacted; parts that could not be had are named in `missing`. */
export const Evidence = z.object({
  gatheredAt: z.string(),
  onset: z.string(),
  suspects: z.array(Suspect),
  /** The symptom of the service; empty where it has none. */
  series: z.array(Series),
  /** The other figures that the service names. */
  figures: z.array(Series).default([]),
  pods: z.array(PodSeen),
  events: z.array(
    z.object({ at: z.string(), reason: z.string(), about: z.string(), message: z.string(), count: z.number().int() }),
  ),
  revisions: z.array(
    z.object({
      revision: z.number().int(),
      images: z.array(z.string()),
      at: z.string(),
      ready: z.number().int(),
      current: z.boolean(),
      /** Against the revision before it: images with their text, environment and ConfigMaps by name alone. */
      differences: z.array(Difference).default([]),
    }),
  ),
  logs: z.array(z.object({ pod: z.string(), previous: z.boolean(), lines: z.array(z.string()) })),
  /** Those that pods of the target run on. */
  nodes: z.array(NodeSeen).default([]),
  autoscalers: z
    .array(
      z.object({
        name: z.string(),
        min: z.number().int(),
        max: z.number().int(),
        current: z.number().int(),
        desired: z.number().int(),
        /** It wants no fewer than it may have, so it can do no more. */
        atMaximum: z.boolean(),
      }),
    )
    .default([]),
  /** Disruption budgets that cover the pods. */
  budgets: z
    .array(
      z.object({
        name: z.string(),
        /** How many pods may be evicted now. */
        allowed: z.number().int(),
        healthy: z.number().int(),
        wanted: z.number().int(),
        pods: z.number().int(),
      }),
    )
    .default([]),
  /** Each limit of each quota of the namespace; `share` of it is used, 1 is all of it. */
  quotas: z
    .array(z.object({ name: z.string(), resource: z.string(), used: z.string(), hard: z.string(), share: z.number() }))
    .default([]),
  /** Services that select the pods, and how many of their endpoints take traffic. */
  endpoints: z
    .array(z.object({ service: z.string(), ready: z.number().int(), notReady: z.number().int() }))
    .default([]),
  /** The service's own health page, asked once; null where the catalogue names none or nobody could ask. */
  health: z
    .object({
      url: z.string(),
      healthy: z.boolean(),
      /** Null when no answer came; `finding` says why. */
      status: z.number().int().nullable(),
      latencyMs: z.number(),
      finding: z.string(),
      excerpt: z.string(),
    })
    .nullable()
    .default(null),
  /** Alarms of the cloud that ring now and have to do with the service. */
  alarms: z
    .array(z.object({ name: z.string(), since: z.string(), reason: z.string(), metric: z.string().nullable() }))
    .default([]),
  /** What a query over the service's log group yielded; `at` is null where a row sums up many lines. */
  logSearch: z
    .object({
      group: z.string(),
      query: z.string(),
      rows: z.array(z.object({ at: z.string().nullable(), text: z.string() })),
      /** False: it was stopped before it had seen everything. */
      complete: z.boolean(),
    })
    .nullable()
    .default(null),
  /** Most frequent first. */
  signatures: z.array(Signature).default([]),
  database: DatabaseSeen.nullable().default(null),
  missing: z.array(z.string()),
});
export type Evidence = z.infer<typeof Evidence>;
