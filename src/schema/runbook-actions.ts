/**
 * The closed list of what a step of a runbook may do, as far as a reader of files has to know it. Everything else about an
 * action - its rights, guards and way back - is the action's own and nothing that a runbook could say.
 */
import { z } from 'zod';
import { Duration } from './policy.ts';
import type { BlastClass } from './remediation.ts';

/** A blast class that a plan of the action can have. */
export interface PossibleClass {
  blastClass: BlastClass;
  /** In which case, in words. */
  when: string;
  /** Kinds of targets for which it can be so; all that the action takes when absent. */
  kinds?: readonly string[];
}

export interface RunbookAction {
  /** Kinds of targets it takes. */
  kinds: readonly string[];
  /** What it does can be taken back. */
  reversible: boolean;
  /** To be told beforehand, the least first; each plan computes its own. Empty where the catalogue says it: a switch. */
  classes: readonly PossibleClass[];
  /** As the action itself parses them. */
  params: z.ZodType;
}

const workloads = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
const nothing = z.strictObject({});
const Memory = z.string().regex(/^\d+(\.\d+)?(Ki|Mi|Gi|k|M|G)?$/, 'is no amount of memory, such as 512Mi');

const rolling: PossibleClass = { blastClass: 'B2', when: 'pods are replaced one after the other' };
const oneAfterTheOther: PossibleClass = { ...rolling, kinds: ['Deployment', 'StatefulSet'] };
const allAtOnce: PossibleClass = {
  blastClass: 'B3',
  when: 'the Deployment stops all its pods before it starts new ones (Recreate)',
  kinds: ['Deployment'],
};
const everyNode: PossibleClass = { blastClass: 'B3', when: 'it is a pod of every node', kinds: ['DaemonSet'] };
const ofWorkloads = [oneAfterTheOther, allAtOnce, everyNode];
const always = (blastClass: BlastClass, when: string): PossibleClass[] => [{ blastClass, when }];

/** Sessions of a database by group; a single one, by its number, is for people to name. */
const sessionsOf = (groups: readonly [string, ...string[]]): z.ZodType =>
  z.strictObject({
    of: z.enum(groups).optional(),
    olderThan: Duration.optional(),
    max: z.number().int().min(1).max(100).optional(),
  });

const listed: Record<string, RunbookAction> = {
  /** Whichever of the three fits the kind of the workload. */
  'roll-back': { kinds: workloads, reversible: true, classes: ofWorkloads, params: nothing },
  'roll-back-deployment': {
    kinds: ['Deployment'],
    reversible: true,
    classes: [oneAfterTheOther, allAtOnce],
    params: nothing,
  },
  'roll-back-statefulset': { kinds: ['StatefulSet'], reversible: true, classes: [rolling], params: nothing },
  'roll-back-daemonset': { kinds: ['DaemonSet'], reversible: true, classes: [everyNode], params: nothing },
  'restart-workload': { kinds: workloads, reversible: false, classes: ofWorkloads, params: nothing },
  'scale-workload': {
    kinds: ['Deployment', 'StatefulSet'],
    reversible: true,
    classes: [
      { blastClass: 'B2', when: 'replicas are added' },
      { blastClass: 'B3', when: 'replicas are taken away', kinds: ['Deployment'] },
      { blastClass: 'B4', when: 'replicas are taken away, with their data', kinds: ['StatefulSet'] },
    ],
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
    classes: ofWorkloads,
    params: z.strictObject({
      container: z.string().min(1),
      cap: Memory,
      peak: Memory.optional(),
      request: z.enum(['keep', 'follow']).optional(),
    }),
  },
  'evict-pod': {
    kinds: ['Pod'],
    reversible: false,
    classes: always('B2', 'its controller makes another pod'),
    params: nothing,
  },
  'cordon-node': {
    kinds: ['Node'],
    reversible: true,
    classes: always('B3', 'nothing new is placed on the node'),
    params: nothing,
  },
  /** Pods with data in an empty directory are for people to decide on. */
  'drain-node': {
    kinds: ['Node'],
    reversible: false,
    classes: always('B3', 'every pod of the node moves'),
    params: z.strictObject({ deadline: Duration.optional() }),
  },
  'switch-service-selector': {
    kinds: ['Service'],
    reversible: true,
    classes: always('B3', 'all requests of the service go elsewhere'),
    params: z.strictObject({ selector: z.record(z.string(), z.string()) }),
  },
  'set-configmap-key': {
    kinds: ['ConfigMap'],
    reversible: true,
    classes: always('B3', 'everything that reads it is changed'),
    params: z.strictObject({ key: z.string().min(1), value: z.union([z.string(), z.number(), z.boolean()]) }),
  },
  'cancel-query': {
    kinds: ['Database'],
    reversible: false,
    classes: always('B1', 'single statements end'),
    params: sessionsOf(['blockers', 'longQueries']),
  },
  'terminate-session': {
    kinds: ['Database'],
    reversible: false,
    classes: always('B1', 'single sessions end'),
    params: sessionsOf(['idleInTransaction', 'blockers', 'longQueries', 'idle']),
  },
  'http-switch': {
    kinds: ['Switch'],
    reversible: true,
    classes: [],
    params: z.strictObject({ to: z.string(), ttl: Duration.optional() }),
  },
  'argo-cd-roll-back': {
    kinds: ['Application'],
    reversible: true,
    classes: always('B2', 'Argo CD returns to the release before'),
    params: nothing,
  },
};

export const runbookActions: ReadonlyMap<string, RunbookAction> = new Map(Object.entries(listed));
