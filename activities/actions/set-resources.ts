import { z } from 'zod';
import {
  beyondQuota,
  beyondRange,
  type ContainerResources,
  containersIn,
  fitsANode,
  killsForMemory,
  memoryLimitOf,
  memoryRequestOf,
  raisedLimit,
  withMemory,
} from '../../src/domain/kubernetes/memory-raise.ts';
import { bytesOf, mebibytes } from '../../src/domain/kubernetes/quantity.ts';
import type { Workload } from '../../src/schema/kubernetes.ts';
import type { Guard, Target } from '../../src/schema/remediation.ts';
import { LimitRange, ResourceQuota, RoomOfNode } from '../../src/schema/resource-limits.ts';
import { type ActionContext, defineAction, Refused } from './action.ts';
import { allPodsOf, healthyWanted, listAll, namespacedPath, readWorkload } from './cluster-reads.ts';
import {
  guard,
  mayBeTouched,
  nobodyElseOwnsIt,
  noRolloutInProgress,
  notPaused,
  replacesItsPods,
  staysAvailable,
} from './guards.ts';
import { observeTemplate, templateIn, templateRequest, templateSettled } from './template-change.ts';

const name = 'set-resources';
/** What still fills up after two raises within a week is a leak, and no limit is high enough for one. */
const raisesMax = 2;
const withinDays = 7;

const Memory = z.string().refine((text) => (bytesOf(text) ?? 0) > 0, 'is no amount of memory, such as 512Mi');

/** Beside the template: which container the change is about. */
const State = z.looseObject({ container: z.string() });

/**
 * Gives one named container of a workload more memory after it was killed for want of it. All others, and every init
 * container, keep what they have. The limit becomes an absolute figure in the plan, so repeating it raises it once.
 */
export const setResources = defineAction({
  name,
  version: 1,
  title: 'Give a container that ran out of memory more of it',
  kinds: ['Deployment', 'StatefulSet', 'DaemonSet'],
  weighsAs: 'config',
  params: z.strictObject({
    container: z.string().min(1),
    /** The limit never goes above this. */
    cap: Memory,
    /** The highest use that was measured, where one was. */
    peak: Memory.optional(),
    /** `follow`: the request grows in proportion. */
    request: z.enum(['keep', 'follow']).default('keep'),
  }),
  permissions: [
    'apps/deployments, apps/statefulsets, apps/daemonsets: get, patch',
    'apps/replicasets, apps/controllerrevisions: list',
    'pods, limitranges, resourcequotas: list',
    'policy/poddisruptionbudgets: list',
    'nodes: list (ClusterRole)',
  ],

  async draft(context, params) {
    const { target, incidentId } = context;
    const workload = await readWorkload(context.cluster, target);
    const from = workload.spec.template;
    const container = containerOf(workload, params.container);
    const [limit, cap] = [memoryLimitOf(container), bytesOf(params.cap) ?? 0];
    if (limit === null)
      throw new Refused(`container ${container.name} has no memory limit, so it was not its limit that it ran into`);
    const before = String(container.resources.limits?.memory);
    const raised = raisedLimit({ limit, peak: bytesOf(params.peak), cap });
    if (raised === null) throw new Refused(`its limit is ${before} already, and the cap is ${params.cap}`);
    const request = params.request === 'follow' ? grownRequest(container, limit, raised) : null;
    const to = withMemory(from, container.name, { limit: raised, request });

    const where = `container ${container.name} of ${target.name} in ${target.namespace}`;
    const states = [
      { template: from, container: container.name },
      { template: to, container: container.name },
    ];
    return {
      uid: workload.metadata.uid,
      sentence: `Raise the memory limit of ${where} from ${before} to ${raised}`,
      before: states[0],
      desired: states[1],
      requests: [
        templateRequest(context, workload, {
          from,
          to,
          cause: `Muster raised the memory of ${container.name} for ${incidentId}`,
        }),
      ],
      inverse: {
        sentence: `Return the memory limit of ${where} to ${before}`,
        before: states[1],
        desired: states[0],
        requests: [
          templateRequest(context, workload, {
            from: to,
            to: from,
            cause: `Muster took its raise of memory back for ${incidentId}`,
            revert: true,
          }),
        ],
      },
      differences: [
        { path: `memory limit of ${container.name}`, before, after: raised },
        ...(request
          ? [
              {
                path: `memory request of ${container.name}`,
                before: String(container.resources.requests?.memory),
                after: request,
              },
            ]
          : []),
      ],
      undo: `Back to ${before}; only while nobody has changed the template since.`,
      risks: risksOf(container, limit, request),
    };
  },

  async assess(context, step) {
    const { cluster, target } = context;
    const workload = await readWorkload(cluster, target);
    const budget = await healthyWanted(context, workload);
    const { container } = State.parse(step.desired);
    return {
      blastClass: target.kind === 'DaemonSet' || workload.spec.strategy?.type === 'Recreate' ? 'B3' : 'B2',
      guards: [
        mayBeTouched(context, workload),
        nobodyElseOwnsIt(workload),
        notPaused(workload),
        replacesItsPods(workload.spec.updateStrategy?.type),
        noRolloutInProgress(workload, target.kind),
        await ranOutOfMemory(context, workload, container),
        await noLeak(context),
        ...(await withinBounds(context, workload, { container, template: templateIn(step.desired) })),
        staysAvailable(workload, target.kind, budget),
      ],
    };
  },

  observe: observeTemplate,
  settled: (context) => templateSettled(context),
});

const containerOf = (workload: Workload, name: string): ContainerResources => {
  const { spec } = workload.spec.template;
  const containers = containersIn(spec, 'containers');
  const found = containers.find((one) => one.name === name);
  if (found) return found;
  if (containersIn(spec, 'initContainers').some((one) => one.name === name))
    throw new Refused(`${name} is an init container; those are left as they are`);
  throw new Refused(`there is no container ${name}; there are ${containers.map((one) => one.name).join(', ')}`);
};

/** Null where no request is written: Kubernetes then takes the limit for it. */
const grownRequest = (container: ContainerResources, limit: number, raised: string): string | null => {
  const request = bytesOf(container.resources.requests?.memory);
  return request === null ? null : mebibytes((request * (bytesOf(raised) ?? limit)) / limit, Math.floor);
};

const risksOf = (container: ContainerResources, limit: number, request: string | null): string[] => {
  const written = container.resources.requests?.memory;
  return [
    'Its pods are replaced one after the other, and what they hold in memory is lost.',
    'A leak fills the new limit as well: this buys time, and the cause needs a person.',
    'JVM and Node.js heaps have bounds of their own (-Xmx, --max-old-space-size) and may not use what the limit allows.',
    'The old limit is still in git: raise it there, or the next deployment brings it back.',
    ...(written === undefined
      ? ['It names no memory request, so each pod also reserves what the new limit says.']
      : []),
    ...(written !== undefined && request === null && memoryRequestOf(container) === limit
      ? [
          `Its request stays at ${written}, below the new limit: a pod that was Guaranteed becomes Burstable and is evicted earlier when a node runs short.`,
        ]
      : []),
  ];
};

const ranOutOfMemory = async (context: ActionContext, workload: Workload, name: string): Promise<Guard> => {
  const { cluster, target } = context;
  const limit = memoryLimitOf(containerOf(workload, name)) ?? 0;
  const kills = killsForMemory(await allPodsOf(cluster, target, workload), name, limit);
  const said = `container ${name} was OOMKilled ${kills.times === 1 ? 'once' : `${kills.times} times`} on ${kills.pods} of its pods at the present limit`;
  return guard('oom', kills.enough, kills.enough ? said : `${said}; a raise needs that on two pods, or twice`);
};

const noLeak = async (context: ActionContext): Promise<Guard> => {
  const times = await context.timesDone(name, withinDays);
  return guard(
    'leak',
    times < raisesMax,
    times < raisesMax
      ? `its memory was raised ${times === 0 ? 'not yet' : 'once'} in the last ${withinDays} days`
      : `leak suspected: its memory was raised ${times} times in the last ${withinDays} days, and it ran out again; a person has to look`,
  );
};

/** What the namespace and the nodes would refuse: the API server takes such a template, and its pods are never made. */
const withinBounds = async (
  { cluster, target }: ActionContext,
  workload: Workload,
  to: { container: string; template: Workload['spec']['template'] },
): Promise<Guard[]> => {
  const [ranges, quotas, nodes] = await Promise.all([
    listAll(cluster, inNamespace(target, 'limitranges'), LimitRange),
    listAll(cluster, inNamespace(target, 'resourcequotas'), ResourceQuota),
    listAll(cluster, '/api/v1/nodes', RoomOfNode),
  ]);
  const [range, quota] = [
    beyondRange(ranges, to.container, to.template),
    beyondQuota(quotas, workload, target.kind, to.template),
  ];
  const { fits, finding } = fitsANode(nodes, to.template);
  return [
    guard('range', range === null, range ?? 'no LimitRange of the namespace is against it'),
    guard('quota', quota === null, quota ?? 'no quota of the namespace is against it'),
    guard('node', fits, finding),
  ];
};

const inNamespace = (target: Target, plural: string): string => namespacedPath(target, '/api/v1', plural);
