/**
 * How a pod lives: a word in its image's tag (set off by - . or _) decides, a digest says nothing.
 *
 * none     ready at once                     bad    never ready, exits with 1, CrashLoopBackOff, count climbs
 * late     ready for 5 s, then like bad      oom    ready for 5 s, OOMKilled (137), back-off, ready again, and so on
 * missing  Pending with ImagePullBackOff     stuck  runs and is not ready
 * slow     ready after 20 s                  linger takes 30 s to end once deleted
 *
 * States: Pending -> Running, not ready -> ready -> (crash -> waiting in back-off -> Running ...) -> deleted.
 * The back-off goes 2, 4, 8, 16, 30 s. A pod of a node that is down is evicted after 10 s.
 */

import { type Condition, type ContainerStatus, isReady, kubeTime, type Pod } from './objects.ts';
import type { ClusterStore } from './store.ts';

const words = /(?:^|[-._])(bad|late|oom|missing|stuck|slow|linger)(?:[-._]|$)/;

export type Behaviour = 'good' | 'bad' | 'late' | 'oom' | 'missing' | 'stuck' | 'slow' | 'linger';

export const behaviourOf = (pod: { spec: { containers: { image: string }[] } }): Behaviour => {
  for (const { image } of pod.spec.containers) {
    const tag = image.split('@')[0]?.split('/').at(-1)?.split(':')[1] ?? '';
    const word = words.exec(tag)?.[1];
    if (word) return word as Behaviour;
  }
  return 'good';
};

type Step = 'end' | 'evict' | 'start' | 'cannotPull' | 'restart' | 'crash' | 'loseReadiness' | 'getReady';

const backOffMs = [2_000, 4_000, 8_000, 16_000, 30_000];

const nextStep = (pod: Pod, nodeIsUp: boolean): { step: Step; afterMs: number } | null => {
  const behaviour = behaviourOf(pod);
  const container = pod.status.containerStatuses?.[0];
  const restarts = container?.restartCount ?? 0;
  if (pod.metadata.deletionTimestamp) return { step: 'end', afterMs: behaviour === 'linger' ? 30_000 : 0 };
  if (!nodeIsUp) return { step: 'evict', afterMs: 10_000 };
  if (pod.status.phase === 'Pending' && behaviour !== 'missing') return { step: 'start', afterMs: 300 };
  if (pod.status.phase === 'Pending' && !container?.state.waiting) return { step: 'cannotPull', afterMs: 300 };
  if (pod.status.phase !== 'Running') return null;
  if (container?.state.waiting) {
    return { step: 'restart', afterMs: backOffMs[Math.min(restarts, backOffMs.length) - 1] ?? 2_000 };
  }
  const ready = isReady(pod);
  if (behaviour === 'bad') return { step: 'crash', afterMs: 500 };
  if (behaviour === 'late' && (ready || restarts > 0)) return { step: 'crash', afterMs: ready ? 5_000 : 500 };
  if (behaviour === 'oom' && ready) return { step: 'crash', afterMs: 5_000 };
  if (behaviour === 'stuck') return ready ? { step: 'loseReadiness', afterMs: 0 } : null;
  if (!ready) return { step: 'getReady', afterMs: behaviour === 'slow' ? 20_000 : 300 };
  return null;
};

/** Plans what each pod does next; a step that is still the next one keeps its time. */
export const planLives = (store: ClusterStore, atMs: number, speed: number): void => {
  const up = new Set(
    store
      .nodes()
      .filter(isNodeUp)
      .map((node) => node.metadata.name),
  );
  for (const pod of store.pods()) {
    if (!pod.spec.nodeName) continue;
    const next = nextStep(pod, up.has(pod.spec.nodeName));
    const planned = store.state.lives[pod.metadata.uid];
    if (!next) delete store.state.lives[pod.metadata.uid];
    else if (planned?.step !== next.step) {
      store.state.lives[pod.metadata.uid] = { step: next.step, at: atMs + next.afterMs / speed };
    }
  }
};

export const isNodeUp = (node: { status: { conditions: Condition[] } }): boolean =>
  node.status.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');

/** Performs the planned step of one pod. */
export const live = (store: ClusterStore, pod: Pod, atMs: number): void => {
  const step = store.state.lives[pod.metadata.uid]?.step as Step | undefined;
  delete store.state.lives[pod.metadata.uid];
  const kubelet = { component: 'kubelet', host: pod.spec.nodeName ?? '' };
  const now = kubeTime(atMs);
  switch (step) {
    case 'end':
    case 'evict':
      store.remove('/pods', pod);
      return;
    case 'start':
      pod.status.phase = 'Running';
      pod.status.startTime = now;
      store.state.addresses += 1;
      pod.status.podIP = `10.42.${Math.floor(store.state.addresses / 250) % 250}.${(store.state.addresses % 250) + 2}`;
      pod.status.podIPs = [{ ip: pod.status.podIP }];
      setContainers(pod, () => ({ started: true, ready: false, state: { running: { startedAt: now } } }));
      setReady(pod, false, now);
      for (const { image, name } of pod.spec.containers) {
        const pulled = `Container image "${image}" already present on machine`;
        store.recordEvent(pod, { reason: 'Pulled', message: pulled, ...kubelet }, atMs);
        store.recordEvent(pod, { reason: 'Started', message: `Started container ${name}`, ...kubelet }, atMs);
      }
      break;
    case 'cannotPull': {
      const image = pod.spec.containers[0]?.image ?? '';
      setContainers(pod, () => ({
        state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } },
      }));
      setReady(pod, false, now);
      const message = `Failed to pull image "${image}": rpc error: code = NotFound desc = failed to pull and unpack image "${image}": not found`;
      store.recordEvent(pod, { reason: 'Failed', message, type: 'Warning', ...kubelet }, atMs);
      break;
    }
    case 'getReady':
      setContainers(pod, () => ({ started: true, ready: true }));
      setReady(pod, true, now);
      break;
    case 'loseReadiness': {
      setContainers(pod, () => ({ ready: false }));
      setReady(pod, false, now);
      const message = 'Readiness probe failed: HTTP probe failed with statuscode: 503';
      store.recordEvent(pod, { reason: 'Unhealthy', message, type: 'Warning', ...kubelet }, atMs);
      break;
    }
    case 'crash': {
      const killed = behaviourOf(pod) === 'oom';
      setContainers(pod, (status) => ({
        ready: false,
        started: false,
        restartCount: status.restartCount + 1,
        lastState: {
          terminated: {
            exitCode: killed ? 137 : 1,
            reason: killed ? 'OOMKilled' : 'Error',
            startedAt: status.state.running?.startedAt ?? now,
            finishedAt: now,
            containerID: `containerd://${pod.metadata.uid.replaceAll('-', '')}${status.restartCount}`,
          },
        },
        state: {
          waiting: {
            reason: 'CrashLoopBackOff',
            message: `back-off ${(backOffMs[Math.min(status.restartCount, backOffMs.length - 1)] ?? 0) / 1_000}s restarting failed container=${status.name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`,
          },
        },
      }));
      setReady(pod, false, now);
      for (const { name } of pod.spec.containers) {
        const message = `Back-off restarting failed container ${name} in pod ${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
        store.recordEvent(pod, { reason: 'BackOff', message, type: 'Warning', ...kubelet }, atMs);
      }
      break;
    }
    case 'restart':
      setContainers(pod, () => ({ started: true, ready: false, state: { running: { startedAt: now } } }));
      break;
    case undefined:
      return;
  }
  store.put('/pods', pod);
};

const setContainers = (pod: Pod, change: (status: ContainerStatus) => Partial<ContainerStatus>): void => {
  const before = pod.status.containerStatuses ?? [];
  pod.status.containerStatuses = pod.spec.containers.map((container) => {
    const status = before.find((other) => other.name === container.name) ?? {
      name: container.name,
      image: container.image,
      imageID: '',
      ready: false,
      started: false,
      restartCount: 0,
      state: {},
      lastState: {},
    };
    return { ...status, ...change(status) };
  });
};

/** Also used by the node controller, which marks the pods of a lost node. */
export const setReady = (pod: Pod, ready: boolean, now: string, reason = 'ContainersNotReady'): void => {
  const names = pod.spec.containers.map((container) => container.name).join(' ');
  for (const type of ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled']) {
    const good = ready || type === 'Initialized' || type === 'PodScheduled';
    const before = pod.status.conditions.find((condition) => condition.type === type);
    const status = good ? 'True' : 'False';
    const condition: Condition = {
      type,
      status,
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : now,
      ...(good ? {} : { reason, message: `containers with unready status: [${names}]` }),
    };
    pod.status.conditions = [...pod.status.conditions.filter((other) => other.type !== type), condition];
  }
};
