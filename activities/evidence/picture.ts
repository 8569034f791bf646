/** What was read of a workload, as it is kept and shown: bounded, with the secrets taken out. Pure. */

import { timeOf } from '../../src/domain/changes/workload-changes.ts';
import { podHashLabel } from '../../src/domain/kubernetes/controller-revisions.ts';
import { ownersOf } from '../../src/domain/kubernetes/owners.ts';
import type { Release } from '../../src/domain/kubernetes/releases.ts';
import { isReady, restartsOf, troubleOf } from '../../src/domain/kubernetes/rollout.ts';
import {
  configMapsOf,
  environmentDifferences,
  imageDifferences,
  imagesOf,
} from '../../src/domain/kubernetes/rollout-history.ts';
import { safeText, shorten } from '../../src/domain/shorten.ts';
import type { Evidence } from '../../src/schema/evidence.ts';
import type { ClusterEvent, Pod, Template } from '../../src/schema/kubernetes.ts';
import type { Difference } from '../../src/schema/remediation.ts';
import type { Looked } from './workload.ts';

const revisionsMax = 12;
const differencesMax = 20;
const containersMax = 8;
const nameChars = 253;
const messageChars = 500;

export type Picture = Omit<
  Evidence,
  | 'gatheredAt'
  | 'onset'
  | 'suspects'
  | 'series'
  | 'figures'
  | 'health'
  | 'alarms'
  | 'logSearch'
  | 'signatures'
  | 'database'
  | 'missing'
>;

export const nothingSeen: Picture = {
  pods: [],
  events: [],
  revisions: [],
  logs: [],
  nodes: [],
  autoscalers: [],
  budgets: [],
  quotas: [],
  endpoints: [],
};

export const pictureOf = (looked: Looked): Picture => ({
  pods: looked.pods.map((pod) => podSeen(pod, looked)),
  events: looked.events.map(eventSeen),
  revisions: revisionsSeen(looked.releases, looked.current),
  logs: looked.logs,
  nodes: looked.nodes,
  autoscalers: looked.autoscalers,
  budgets: looked.budgets,
  quotas: looked.quotas,
  endpoints: looked.endpoints,
});

const podSeen = (pod: Pod, { releases, workload, target }: Looked): Evidence['pods'][number] => ({
  name: pod.metadata.name,
  image: listed(pod.spec.containers.map((one) => one.image ?? '')),
  revision: String(
    releases.find((one) => one.pods.includes(pod))?.revision ?? pod.metadata.labels?.[podHashLabel] ?? '',
  ),
  phase: pod.status.phase ?? 'Unknown',
  ready: isReady(pod),
  restarts: restartsOf(pod),
  reason: troubleOf(pod)?.reason ?? null,
  node: pod.spec.nodeName ?? null,
  owners: ownersOf(pod, workload, target.kind),
  lastEnd: lastEndOf(pod),
});

/** The latest end of any of its containers, whether the container runs again or not. */
const lastEndOf = (pod: Pod): Evidence['pods'][number]['lastEnd'] => {
  const ends = (pod.status.containerStatuses ?? []).flatMap(({ name, state, lastState }) =>
    [state?.terminated, lastState?.terminated].flatMap((end) =>
      end
        ? [
            {
              container: name,
              reason: end.reason ?? 'unknown',
              exitCode: end.exitCode ?? null,
              at: end.finishedAt ?? pod.metadata.creationTimestamp,
            },
          ]
        : [],
    ),
  );
  return ends.sort((one, other) => other.at.localeCompare(one.at))[0] ?? null;
};

const eventSeen = (event: ClusterEvent): Evidence['events'][number] => ({
  at: timeOf(event),
  reason: shorten(event.reason ?? '', nameChars),
  about: shorten(`${event.involvedObject.kind ?? ''} ${event.involvedObject.name ?? ''}`.trim(), nameChars),
  message: safeText(event.message ?? '', messageChars),
  count: event.count ?? 1,
});

/** Newest first, each with what it changed. */
const revisionsSeen = (releases: Release[], current: Release | null): Evidence['revisions'] => {
  const newestFirst = [...releases].sort((one, other) => other.revision - one.revision);
  return newestFirst.slice(0, revisionsMax).map((one, index) => {
    const before = newestFirst[index + 1];
    return {
      revision: one.revision,
      images: imagesOf(one.template)
        .slice(0, containersMax)
        .map(({ image }) => shorten(image, nameChars)),
      at: one.createdAt,
      ready: one.ready,
      current: one === current,
      differences: before ? differencesOf(before.template, one.template) : [],
    };
  });
};

/** Environment and ConfigMaps by name alone: their values may be secrets. */
const differencesOf = (from: Template, to: Template): Difference[] => {
  const [before, after] = [configMapsOf(from), configMapsOf(to)];
  return [
    ...imageDifferences(from, to),
    ...environmentDifferences(from, to),
    ...before
      .filter((name) => !after.includes(name))
      .map((name) => ({ path: `ConfigMap ${name}`, before: 'used', after: null })),
    ...after
      .filter((name) => !before.includes(name))
      .map((name) => ({ path: `ConfigMap ${name}`, before: null, after: 'used' })),
  ]
    .slice(0, differencesMax)
    .map(({ path, before, after }) => ({
      path: shorten(path, nameChars),
      before: before && shorten(before, nameChars),
      after: after && shorten(after, nameChars),
    }));
};

const listed = (texts: string[]): string => shorten(texts.slice(0, containersMax).join(', '), nameChars * 2);
