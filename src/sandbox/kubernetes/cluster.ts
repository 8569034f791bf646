/**
 * The cluster as a machine over time: events happen at computed instants, so a jump of the clock gives
 * the same history as waiting did. Nothing here reads a real clock.
 */

import { syncDaemonSet } from './daemon-set-controller.ts';
import { progressDeadlineMs, syncDeployment } from './deployment-controller.ts';
import { changeCauseAnnotation, type Deployment, kubeTime, type Node, type PodTemplate } from './objects.ts';
import { live, planLives, setReady } from './pod-life.ts';
import { schedulePending, syncReplicaSet } from './replica-set-controller.ts';
import { syncStatefulSet } from './stateful-set-controller.ts';
import { type ClusterState, ClusterStore } from './store.ts';

/** Controllers settle long before; the bound catches a loop of our own making. */
const passesMax = 200;

export class Cluster {
  readonly store: ClusterStore;
  private readonly speed: () => number;
  constructor(state: ClusterState, speed: () => number) {
    this.store = new ClusterStore(state);
    this.speed = speed;
  }

  /** Instant of the next thing that happens by itself, or Infinity. */
  nextDueMs(): number {
    const lives = Object.values(this.store.state.lives).map((life) => life.at);
    const deadlines = this.store.deployments().flatMap((deployment) => {
      const since = this.store.state.progress[deployment.metadata.uid];
      return since === undefined ? [] : [since + progressDeadlineMs(deployment) / this.speed()];
    });
    return Math.min(Number.POSITIVE_INFINITY, ...lives, ...deadlines);
  }

  /** Does everything that is due at this instant, then lets the controllers settle. */
  runDue(atMs: number): void {
    for (const pod of this.store.pods()) {
      const life = this.store.state.lives[pod.metadata.uid];
      if (life && life.at <= atMs) live(this.store, pod, atMs);
    }
    this.settle(atMs);
  }

  /** Lets every controller act until nothing changes; call after each write from outside. */
  settle(atMs: number): void {
    for (let pass = 0; pass < passesMax; pass += 1) {
      let changed = false;
      for (const deployment of this.store.deployments()) {
        changed = syncDeployment({ store: this.store, deployment, atMs, speed: this.speed() }) || changed;
      }
      for (const set of this.store.replicaSets()) changed = syncReplicaSet(this.store, set, atMs) || changed;
      for (const set of this.store.statefulSets()) changed = syncStatefulSet(this.store, set, atMs) || changed;
      for (const set of this.store.daemonSets()) changed = syncDaemonSet(this.store, set, atMs) || changed;
      changed = schedulePending(this.store, atMs) || changed;
      if (!changed) break;
    }
    planLives(this.store, atMs, this.speed());
  }

  deployment(namespace: string, name: string): Deployment | undefined {
    return this.store
      .deployments()
      .find((deployment) => deployment.metadata.name === name && deployment.metadata.namespace === namespace);
  }

  /** A release as the company's pipeline makes it: new image and change cause, one write. */
  release(deployment: Deployment, image: string, cause: string, atMs: number): void {
    const template: PodTemplate = structuredClone(deployment.spec.template);
    const container = template.spec.containers[0];
    if (container) container.image = image;
    deployment.spec.template = template;
    deployment.metadata.annotations = { ...deployment.metadata.annotations, [changeCauseAnnotation]: cause };
    deployment.metadata.generation = (deployment.metadata.generation ?? 1) + 1;
    this.store.put('apps/deployments', deployment);
    this.settle(atMs);
  }

  /** A node that is down loses its pods' readiness at once and the pods themselves after 10 s. */
  setNodeUp(name: string, up: boolean, atMs: number): void {
    const node: Node | undefined = this.store.nodes().find((other) => other.metadata.name === name);
    if (!node) return;
    node.status.conditions = node.status.conditions.map((condition) =>
      condition.type === 'Ready'
        ? {
            ...condition,
            status: up ? 'True' : 'Unknown',
            reason: up ? 'KubeletReady' : 'NodeStatusUnknown',
            message: up ? 'kubelet is posting ready status' : 'Kubelet stopped posting node status.',
            lastTransitionTime: kubeTime(atMs),
          }
        : condition,
    );
    node.spec.taints = up ? [] : [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }];
    this.store.put('/nodes', node);
    const reason = up ? 'NodeReady' : 'NodeNotReady';
    const message = `Node ${name} status is now: ${reason}`;
    this.store.recordEvent(
      node,
      { reason, message, type: up ? 'Normal' : 'Warning', component: 'node-controller' },
      atMs,
    );
    if (!up) {
      for (const pod of this.store.pods().filter((other) => other.spec.nodeName === name)) {
        setReady(pod, false, kubeTime(atMs), 'NodeNotReady');
        this.store.put('/pods', pod);
      }
    }
    this.settle(atMs);
  }
}
