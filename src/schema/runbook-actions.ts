/**
 * The closed list of what a step of a runbook may do, as far as a reader of files has to know it. Everything else about an
 * action - its rights, blast class, guards and way back - is the action's own and nothing that a runbook could say.
 */
import { z } from 'zod';
import { Duration } from './policy.ts';

export interface RunbookAction {
  /** Kinds of targets it takes. */
  kinds: readonly string[];
  /** What it does can be taken back. */
  reversible: boolean;
  /** As the action itself parses them. */
  params: z.ZodType;
}

const workloads = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
const nothing = z.strictObject({});
const Memory = z.string().regex(/^\d+(\.\d+)?(Ki|Mi|Gi|k|M|G)?$/, 'is no amount of memory, such as 512Mi');

/** Sessions of a database by group; a single one, by its number, is for people to name. */
const sessionsOf = (groups: readonly [string, ...string[]]): z.ZodType =>
  z.strictObject({
    of: z.enum(groups).optional(),
    olderThan: Duration.optional(),
    max: z.number().int().min(1).max(100).optional(),
  });

const listed: Record<string, RunbookAction> = {
  /** Whichever of the three fits the kind of the workload. */
  'roll-back': { kinds: workloads, reversible: true, params: nothing },
  'roll-back-deployment': { kinds: ['Deployment'], reversible: true, params: nothing },
  'roll-back-statefulset': { kinds: ['StatefulSet'], reversible: true, params: nothing },
  'roll-back-daemonset': { kinds: ['DaemonSet'], reversible: true, params: nothing },
  'restart-workload': { kinds: workloads, reversible: false, params: nothing },
  'scale-workload': {
    kinds: ['Deployment', 'StatefulSet'],
    reversible: true,
    params: z
      .strictObject({
        replicas: z.number().int().min(1).max(1_000).optional(),
        factor: z.number().positive().max(3).optional(),
      })
      .refine(
        ({ replicas, factor }) => (replicas === undefined) !== (factor === undefined),
        'give either replicas or factor',
      ),
  },
  'set-resources': {
    kinds: workloads,
    reversible: true,
    params: z.strictObject({
      container: z.string().min(1),
      cap: Memory,
      peak: Memory.optional(),
      request: z.enum(['keep', 'follow']).optional(),
    }),
  },
  'evict-pod': { kinds: ['Pod'], reversible: false, params: nothing },
  'cordon-node': { kinds: ['Node'], reversible: true, params: nothing },
  /** Pods with data in an empty directory are for people to decide on. */
  'drain-node': { kinds: ['Node'], reversible: false, params: z.strictObject({ deadline: Duration.optional() }) },
  'switch-service-selector': {
    kinds: ['Service'],
    reversible: true,
    params: z.strictObject({ selector: z.record(z.string(), z.string()) }),
  },
  'set-configmap-key': {
    kinds: ['ConfigMap'],
    reversible: true,
    params: z.strictObject({ key: z.string().min(1), value: z.union([z.string(), z.number(), z.boolean()]) }),
  },
  'cancel-query': { kinds: ['Database'], reversible: false, params: sessionsOf(['blockers', 'longQueries']) },
  'terminate-session': {
    kinds: ['Database'],
    reversible: false,
    params: sessionsOf(['idleInTransaction', 'blockers', 'longQueries', 'idle']),
  },
  'http-switch': {
    kinds: ['Switch'],
    reversible: true,
    params: z.strictObject({ to: z.string(), ttl: Duration.optional() }),
  },
  'argo-cd-roll-back': { kinds: ['Application'], reversible: true, params: nothing },
};

export const runbookActions: ReadonlyMap<string, RunbookAction> = new Map(Object.entries(listed));
