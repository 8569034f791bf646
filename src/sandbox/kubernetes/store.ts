/** What etcd and the registry keep: objects by resource, one growing resourceVersion, events folded by their subject. */
import { randomUUID } from 'node:crypto';
import {
  type ControllerRevision,
  type DaemonSet,
  type Deployment,
  type KubeEvent,
  type KubeObject,
  kubeTime,
  type Metadata,
  type Node,
  type Pod,
  type ReplicaSet,
  type StatefulSet,
} from './objects.ts';

export interface ClusterState {
  resourceVersion: number;
  /** `<group>/<resource>` to `<namespace>/<name>` to object. */
  objects: Record<string, Record<string, KubeObject>>;
  /** What each pod does next and when, by uid; times in milliseconds. */
  lives: Record<string, { step: string; at: number }>;
  /** Last progress of each rollout, by Deployment uid: finer than the API's whole seconds. */
  progress: Record<string, number>;
  addresses: number;
}

export const emptyCluster = (): ClusterState => ({
  resourceVersion: 1_000,
  objects: {},
  lives: {},
  progress: {},
  addresses: 0,
});

const eventsMax = 400;

export class ClusterStore {
  state: ClusterState;
  /** Lists as they were last asked for; forgotten whenever one of their members comes, goes or is replaced. */
  private readonly sorted = new Map<string, KubeObject[]>();
  constructor(state: ClusterState) {
    this.state = state;
  }

  /** By name, as etcd orders them; the list is the caller's own, the objects are not. */
  list(resource: string): KubeObject[] {
    const known = this.sorted.get(resource);
    if (known) return [...known];
    const entries = Object.entries(this.state.objects[resource] ?? {});
    const objects = entries.sort(([left], [right]) => (left < right ? -1 : 1)).map(([, object]) => object);
    this.sorted.set(resource, objects);
    return [...objects];
  }
  get(resource: string, namespace: string, name: string): KubeObject | undefined {
    return this.state.objects[resource]?.[`${namespace}/${name}`];
  }

  // Everything stored under these names came through create() of that kind, so the shape is known.
  deployments = (): Deployment[] => this.list('apps/deployments') as Deployment[];
  replicaSets = (): ReplicaSet[] => this.list('apps/replicasets') as ReplicaSet[];
  pods = (): Pod[] => this.list('/pods') as Pod[];
  nodes = (): Node[] => this.list('/nodes') as Node[];
  statefulSets = (): StatefulSet[] => this.list('apps/statefulsets') as StatefulSet[];
  daemonSets = (): DaemonSet[] => this.list('apps/daemonsets') as DaemonSet[];
  revisions = (): ControllerRevision[] => this.list('apps/controllerrevisions') as ControllerRevision[];
  events = (): KubeEvent[] => this.list('/events') as KubeEvent[];

  /** Fills uid, creation time, version; generation starts at 1 for kinds with a spec. */
  create<T extends KubeObject>(
    resource: string,
    object: Omit<T, 'metadata'> & { metadata: Partial<Metadata> & { name: string } },
    atMs: number,
  ): T {
    const created = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: object.metadata.uid ?? randomUUID(),
        resourceVersion: this.nextVersion(),
        ...('spec' in object && resource.startsWith('apps/') ? { generation: 1 } : {}),
        creationTimestamp: kubeTime(atMs),
      },
    } as unknown as T;
    this.bucket(resource)[keyOf(created)] = created;
    return created;
  }

  /** Stores the object under a new resourceVersion. */
  put(resource: string, object: KubeObject): void {
    object.metadata.resourceVersion = this.nextVersion();
    this.bucket(resource)[keyOf(object)] = object;
  }

  remove(resource: string, object: KubeObject): void {
    this.nextVersion();
    delete this.bucket(resource)[keyOf(object)];
    delete this.state.lives[object.metadata.uid];
  }

  /** Repeats of one reason about one object raise the count of one event, as the real recorder does. */
  recordEvent(
    about: KubeObject,
    event: { reason: string; message: string; type?: 'Normal' | 'Warning'; component: string; host?: string },
    atMs: number,
  ): void {
    const namespace = about.metadata.namespace ?? 'default';
    const known = this.events().find(
      (other) =>
        other.involvedObject.uid === about.metadata.uid &&
        other.reason === event.reason &&
        other.message === event.message,
    );
    if (known) {
      known.count += 1;
      known.lastTimestamp = kubeTime(atMs);
      this.put('/events', known);
      return;
    }
    this.create<KubeEvent>(
      '/events',
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: {
          name: `${about.metadata.name}.${(this.state.resourceVersion + 0x18_00_00_00).toString(16)}`,
          namespace,
        },
        involvedObject: {
          apiVersion: about.apiVersion,
          kind: about.kind,
          name: about.metadata.name,
          namespace,
          uid: about.metadata.uid,
          resourceVersion: about.metadata.resourceVersion,
        },
        reason: event.reason,
        message: event.message,
        type: event.type ?? 'Normal',
        count: 1,
        firstTimestamp: kubeTime(atMs),
        lastTimestamp: kubeTime(atMs),
        source: { component: event.component, ...(event.host ? { host: event.host } : {}) },
      },
      atMs,
    );
    this.forgetOldEvents();
  }

  private forgetOldEvents(): void {
    const events = this.events();
    if (events.length <= eventsMax) return;
    events.sort((left, right) => (left.lastTimestamp < right.lastTimestamp ? -1 : 1));
    for (const event of events.slice(0, events.length - eventsMax)) delete this.bucket('/events')[keyOf(event)];
  }

  private nextVersion(): string {
    this.state.resourceVersion += 1;
    return String(this.state.resourceVersion);
  }
  private bucket(resource: string): Record<string, KubeObject> {
    this.sorted.delete(resource);
    const bucket = this.state.objects[resource] ?? {};
    this.state.objects[resource] = bucket;
    return bucket;
  }
}

const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
