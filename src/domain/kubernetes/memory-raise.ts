/**
 * Giving one container more memory after it ran out: how much, on what proof, and what bounds it. Pure; figures are
 * bytes, texts are Kubernetes quantities.
 */
import type { Pod, Template, Workload } from '../../schema/kubernetes.ts';
import type { LimitRange, Quantities, ResourceQuota, Resources, RoomOfNode } from '../../schema/resource-limits.ts';
import { bytesOf, mebibyte, mebibytes } from './quantity.ts';
import { figuresOf, surgeOf } from './rollout.ts';

/** A limit that is hit grows by half, and leaves a quarter above the highest use that was measured. */
const growth = 1.5;
const headroom = 1.25;
/** One kill may be one odd request. */
const killsMin = 2;

export interface ContainerResources {
  name: string;
  resources: Resources;
}

/** `containers` or `initContainers` of a template, or of a pod's spec. */
export const containersIn = (spec: unknown, list: 'containers' | 'initContainers'): ContainerResources[] => {
  const found = (spec as Record<string, unknown> | undefined)?.[list];
  return (Array.isArray(found) ? (found as { name: string; resources?: Resources }[]) : []).map((one) => ({
    name: one.name,
    resources: one.resources ?? {},
  }));
};

export const memoryLimitOf = ({ resources }: ContainerResources): number | null => bytesOf(resources.limits?.memory);

/** What a pod reserves for it: without a request of its own, Kubernetes takes the limit for one. */
export const memoryRequestOf = (container: ContainerResources): number | null =>
  bytesOf(container.resources.requests?.memory) ?? memoryLimitOf(container);

/** The next limit in whole mebibytes; null when the cap leaves no room above the present one. */
export const raisedLimit = (facts: { limit: number; peak: number | null; cap: number }): string | null => {
  const wanted = Math.max(growth * facts.limit, headroom * (facts.peak ?? 0));
  const raised = Math.min(roundedUp(wanted), roundedDown(facts.cap));
  return raised > facts.limit ? mebibytes(raised, Math.floor) : null;
};

const roundedUp = (bytes: number): number => Math.ceil(bytes / mebibyte) * mebibyte;
const roundedDown = (bytes: number): number => Math.floor(bytes / mebibyte) * mebibyte;

/** The template with other memory for that one container; nothing else is touched, not even the order of members. */
export const withMemory = (
  template: Template,
  name: string,
  memory: { limit: string; request: string | null },
): Template => {
  const spec = template.spec as { containers: { name: string; resources?: Resources }[] };
  const changed = (container: (typeof spec.containers)[number]) => ({
    ...container,
    resources: {
      ...container.resources,
      limits: { ...container.resources?.limits, memory: memory.limit },
      ...(memory.request ? { requests: { ...container.resources?.requests, memory: memory.request } } : {}),
    },
  });
  return {
    ...template,
    spec: { ...spec, containers: spec.containers.map((one) => (one.name === name ? changed(one) : one)) },
  };
};

/** How often that container was killed for want of memory under its present limit; older limits prove nothing. */
export const killsForMemory = (
  pods: Pod[],
  container: string,
  limit: number,
): { pods: number; times: number; enough: boolean } => {
  const kills = pods.flatMap((pod) => {
    const own = containersIn(pod.spec, 'containers').find((one) => one.name === container);
    const status = pod.status.containerStatuses?.find((one) => one.name === container);
    if (!own || memoryLimitOf(own) !== limit || !status) return [];
    const ended = [status.lastState, status.state].filter((state) => state?.terminated?.reason === 'OOMKilled').length;
    // Only the last end has a reason: a container that restarts again and again is taken to end as it did last.
    return ended > 0 ? [Math.max(ended, status.restartCount ?? 0)] : [];
  });
  const times = kills.reduce((sum, count) => sum + count, 0);
  return { pods: kills.length, times, enough: times >= killsMin };
};

/** Sums over the containers of one pod. */
const podMemory = (template: Template, of: (container: ContainerResources) => number | null): number =>
  containersIn(template.spec, 'containers').reduce((sum, container) => sum + (of(container) ?? 0), 0);

/** What a LimitRange of the namespace would refuse; null when all of them allow it. */
export const beyondRange = (ranges: LimitRange[], container: string, template: Template): string | null => {
  const own = containersIn(template.spec, 'containers').find((one) => one.name === container);
  const limit = own ? (memoryLimitOf(own) ?? 0) : 0;
  const request = own ? (memoryRequestOf(own) ?? 0) : 0;
  for (const { metadata, spec } of ranges) {
    for (const { type, max, maxLimitRequestRatio } of spec.limits) {
      const size = type === 'Container' ? limit : type === 'Pod' ? podMemory(template, memoryLimitOf) : 0;
      const most = bytesOf(max?.memory);
      if (most !== null && size > most)
        return `LimitRange ${metadata.name} allows a ${type.toLowerCase()} ${max?.memory} of memory, ${mebibytes(size, Math.ceil)} would be needed`;
      const ratio = Number(maxLimitRequestRatio?.memory ?? Number.POSITIVE_INFINITY);
      if (type === 'Container' && request > 0 && limit / request > ratio)
        return `LimitRange ${metadata.name} allows a limit of ${ratio} times the request; raise the request too`;
    }
  }
  return null;
};

/** What a quota has no room for while pods are replaced; null when there is room. A quota whose use is not known has none. */
export const beyondQuota = (quotas: ResourceQuota[], workload: Workload, kind: string, to: Template): string | null => {
  const of: Record<string, (container: ContainerResources) => number | null> = {
    'limits.memory': memoryLimitOf,
    'requests.memory': memoryRequestOf,
    memory: memoryRequestOf,
  };
  const { wanted } = figuresOf(workload, kind);
  for (const { metadata, spec, status } of quotas) {
    for (const [key, figure] of Object.entries(of)) {
      const hard = bytesOf(spec.hard?.[key]);
      if (hard === null) continue;
      const after = podMemory(to, figure);
      const more = wanted * (after - podMemory(workload.spec.template, figure)) + surgeOf(workload, kind) * after;
      const used = bytesOf(status.used?.[key]);
      if (used === null) return `how much quota ${metadata.name} has left of ${key} is not known yet`;
      if (used + more > hard)
        return `quota ${metadata.name} has ${mebibytes(hard - used, Math.floor)} of ${key} left, ${mebibytes(more, Math.ceil)} more are needed while pods are replaced`;
    }
  }
  return null;
};

/** Whether one pod with these limits fits the largest node that takes pods, were it empty. */
export const fitsANode = (nodes: RoomOfNode[], template: Template): { fits: boolean; finding: string } => {
  const need = podMemory(template, memoryLimitOf);
  const room = (quantities: Quantities | undefined): number => bytesOf(quantities?.memory) ?? 0;
  const largest = Math.max(
    0,
    ...nodes.filter((node) => !node.spec.unschedulable).map((node) => room(node.status.allocatable)),
  );
  const said = `a pod may use ${mebibytes(need, Math.ceil)} and the largest node has ${mebibytes(largest, Math.floor)} to give`;
  return { fits: need <= largest, finding: said };
};
