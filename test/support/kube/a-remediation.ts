/** A workload on a cluster under test, and the remediation activities pointed at it. */
import type { Info } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ApplyResult, Diagnosis, IncidentContext, PlanResult, SettledResult } from '../../../activities/index.ts';
import { createRemediationActivities } from '../../../activities/run-action.ts';
import { VendorError } from '../../../src/domain/errors.ts';
import { sealOf } from '../../../src/domain/remediation/approval-seal.ts';
import type { Cluster, ClusterRequest, Metrics } from '../../../src/integrations/integration.ts';
import type { Organisation } from '../../../src/schema/organisation.ts';
import type { Decision, Plan, RemediationView, Target } from '../../../src/schema/remediation.ts';
import type { RemediationPolicy } from '../../../src/schema/remediation-policy.ts';
import { byMuster, noOtherWays, runParts } from '../run-parts.ts';
import { make } from './planes.ts';
import { aStore, type FakeStore } from './remediation-store.ts';

/** Seals decisions in tests as the api does. */
export const approvalKey = 'a key of the tests, long enough to be one';

const sealed = (remediationId: string, { by, verdict, planHash, sealedAt }: Omit<Decision, 'seal'>): string =>
  sealOf(approvalKey, { remediationId, personId: by.id, verdict, planHash, sealedAt });

export const incident: IncidentContext = {
  incidentId: 'INC-2026-014',
  title: 'Checkout answers with errors',
  pack: 'guide-sev1-sev3',
  severity: 'SEV1',
  rank: 1,
  service: 'checkout',
  team: 'shop',
  drill: false,
  speed: 1,
  declaredAt: new Date().toISOString(),
};

const organisation = {
  services: {},
  people: {
    ada: { name: 'Ada', email: 'ada@example.com', roles: ['commander'], contact: [] },
    bo: { name: 'Bo', email: 'bo@example.com', roles: ['responder'], contact: [] },
    vi: { name: 'Vi', email: 'vi@example.com', roles: ['viewer'], contact: [] },
  },
} as unknown as Organisation;

/** The cluster as a client sees it whose requests are counted and whose answers can get lost on the way back. */
export interface Wire extends Cluster {
  /** Requests that could change something: no reads, no dry runs. */
  writes: ClusterRequest[];
  /** Runs before the next write reaches the cluster. */
  beforeWrite: (() => Promise<void>) | null;
  /** The next write reaches the cluster, its answer does not come back. */
  loseAnswer: boolean;
  /** The next write is lost before it reaches the cluster. */
  loseRequest: boolean;
}

const aWire = (cluster: Cluster): Wire => {
  const wire: Wire = {
    writes: [],
    beforeWrite: null,
    loseAnswer: false,
    loseRequest: false,
    text: (path, query) => cluster.text(path, query),
    async request(request) {
      if (request.method === 'GET' || request.query?.dryRun) return cluster.request(request);
      const { beforeWrite, loseAnswer, loseRequest } = wire;
      Object.assign(wire, { beforeWrite: null, loseAnswer: false, loseRequest: false });
      await beforeWrite?.();
      if (loseRequest) throw noAnswer();
      wire.writes.push(request);
      const answer = await cluster.request(request);
      if (loseAnswer) throw noAnswer();
      return answer;
    },
  };
  return wire;
};

const noAnswer = (): VendorError =>
  new VendorError('the connection was reset', { vendor: 'kubernetes', status: null, terminal: false });

let operations = 0;

export interface Bench {
  cluster: Cluster;
  wire: Wire;
  store: FakeStore;
  target: Target;
  /** Reads the Deployment as raw JSON. */
  read(): Promise<RawDeployment>;
  /** Changes the Deployment as somebody else would, and returns once the controllers have seen it. */
  patch(operations: object[]): Promise<void>;
  release(image: string): Promise<void>;
  /** Until the present rollout is done. */
  rolledOut(): Promise<void>;
  /** On the Deployment, or on another target. */
  plan(action: string, params?: object, on?: Target): Promise<Plan>;
  refusal(action: string, params?: object, on?: Target): Promise<string>;
  /** A yes to the plan in the store, unless said otherwise. */
  approve(plan: Plan, more?: Partial<Decision> & { proposedBy?: string }): string;
  apply(
    plan: Plan,
    how?: { revert?: boolean; attempt?: number; remediationId?: string; key?: string; leftMs?: number },
  ): Promise<ApplyResult>;
  /** How far it is at this moment. */
  look(plan: Plan): Promise<SettledResult>;
  settled(plan: Plan, how?: { revert?: boolean }): Promise<SettledResult>;
  diagnose(metrics?: Partial<Metrics>): Promise<Diagnosis>;
}

export interface RawDeployment {
  metadata: { uid: string; generation: number; annotations?: Record<string, string>; [more: string]: unknown };
  spec: {
    replicas: number;
    template: { metadata: Record<string, unknown>; spec: { containers: { image: string; [more: string]: unknown }[] } };
    [more: string]: unknown;
  };
  status: { availableReplicas?: number; [more: string]: unknown };
}

/** The plurals of kinds, and what each needs beside selector and template. */
const kinds = {
  Deployment: { plural: 'deployments', spec: { replicas: 3, progressDeadlineSeconds: 4 } },
  StatefulSet: { plural: 'statefulsets', spec: { replicas: 3, serviceName: 'checkout' } },
  DaemonSet: { plural: 'daemonsets', spec: {} },
};

/** A Deployment (or what is said) `checkout` of three pods on the given image, rolled out, in a namespace of its own. */
export const aBench = async (
  cluster: Cluster,
  namespace: string,
  more: {
    kind?: keyof typeof kinds;
    image?: string;
    spec?: object;
    metadata?: object;
    through?: Cluster;
    ownNode?: string;
    /** Beside those that come with Muster. */
    policies?: RemediationPolicy[];
  } = {},
): Promise<Bench> => {
  await make(cluster, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const kind = more.kind ?? 'Deployment';
  const target: Target = { cluster: 'test', kind, namespace, name: 'checkout' };
  const collection = `/apis/apps/v1/namespaces/${namespace}/${kinds[kind].plural}`;
  const path = `${collection}/checkout`;
  await make(cluster, collection, {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'checkout', namespace, ...more.metadata },
    spec: {
      ...kinds[kind].spec,
      selector: { matchLabels: { app: 'checkout' } },
      template: {
        metadata: { labels: { app: 'checkout' } },
        spec: {
          containers: [
            { name: 'checkout', image: more.image ?? 'shop/checkout:2.3.1', env: [{ name: 'POOL', value: '10' }] },
          ],
        },
      },
      ...more.spec,
    },
  });
  const wire = aWire(more.through ?? cluster);
  const store = aStore();
  const noMetrics: Metrics = { query: async () => null, queryRange: async () => [] };
  let metrics = noMetrics;
  const activities = createRemediationActivities({
    store,
    organisation,
    approvalKey,
    connect: () => ({ metrics }),
    cluster: () => wire,
    ...noOtherWays,
    ...runParts,
    policies: [...runParts.policies, ...(more.policies ?? [])],
    log: { info: () => {}, warn: () => {} },
    lateRequestMs: 200,
    ownNode: more.ownNode ?? null,
  });
  const run = <Given, Result>(
    activity: (given: Given) => Promise<Result>,
    given: Given,
    info: Partial<Info> = {},
  ): Promise<Result> => new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') }).run(activity, given);
  const patch = async (body: object[]): Promise<void> => {
    const answer = await cluster.request({ method: 'PATCH', path, body, contentType: 'application/json-patch+json' });
    if (answer.status !== 200)
      throw new Error(`the patch was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    const { generation } = (answer.body as RawDeployment).metadata;
    await until('the controllers have seen the change', async () => {
      const { status } = await bench.read();
      return Number(status.observedGeneration ?? 0) >= generation;
    });
  };
  /** Asks again while the controllers lag, as Temporal would. */
  const planned = async (action: string, params: object, on: Target): Promise<PlanResult> => {
    operations += 1;
    const request = {
      incident,
      remediationId: `rem-${operations}`,
      action,
      target: on,
      params: { ...params },
      operationId: `op-${operations}`,
      ...byMuster,
    };
    let result: PlanResult | null = null;
    await until('it can be planned', async () => {
      result = await run(activities.planRemediation, request).catch((error: unknown) => {
        if ((error as { type?: string }).type === 'Unavailable') return null;
        throw error;
      });
      return result !== null;
    });
    return result as unknown as PlanResult;
  };
  const bench: Bench = {
    cluster,
    wire,
    store,
    target,
    patch,
    read: async () => (await cluster.request({ method: 'GET', path })).body as RawDeployment,
    release: (image) => patch([{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }]),
    rolledOut: () =>
      until('the rollout is done', async () => {
        const { spec, status, metadata } = await bench.read();
        if (status.observedGeneration !== metadata.generation) return false;
        if (kind === 'DaemonSet')
          return (
            Number(status.desiredNumberScheduled) > 0 &&
            status.numberAvailable === status.desiredNumberScheduled &&
            status.updatedNumberScheduled === status.desiredNumberScheduled
          );
        return (
          status.availableReplicas === spec.replicas &&
          status.updatedReplicas === spec.replicas &&
          status.replicas === spec.replicas
        );
      }),
    async plan(action, params = {}, on = target) {
      const result = await planned(action, params, on);
      if (result.kind === 'refused') throw new Error(`refused: ${result.because}`);
      return result.plan;
    },
    async refusal(action, params = {}, on = target) {
      const result = await planned(action, params, on);
      return result.kind === 'refused' ? result.because : 'nothing was refused';
    },
    approve(plan, decision = {}) {
      const { proposedBy = 'muster', ...rest } = decision;
      const id = `rem-${plan.operationId}`;
      store.views.set(id, {
        id,
        approverRoles: ['commander'],
        approverPeople: [],
        startedAt: new Date().toISOString(),
        notProposer: true,
        notAuthorOfChange: false,
        changeAuthor: null,
        quorum: 1,
        proposedBy: { kind: 'person', id: proposedBy, name: proposedBy },
        // What affects many takes two people, whatever the pack asks for.
        decisions: (plan.blastClass === 'B3' ? ['ada', 'operator'] : ['ada']).map((person) => {
          const decision: Omit<Decision, 'seal'> = {
            by: { kind: 'person', id: person, name: person === 'ada' ? 'Ada' : 'Operator' },
            at: new Date().toISOString(),
            verdict: 'approved',
            planHash: plan.planHash,
            reason: null,
            sealedAt: new Date().toISOString(),
            ...rest,
          };
          return { ...decision, seal: rest.seal ?? sealed(id, decision) };
        }),
      } as unknown as RemediationView);
      return id;
    },
    apply: (plan, { revert = false, attempt = 1, remediationId, key, leftMs = 600_000 } = {}) =>
      run(
        activities.applyRemediation,
        {
          incident,
          remediationId: remediationId ?? bench.approve(plan),
          key: key ?? `${incident.incidentId}/remediation/${plan.operationId}/${revert ? 'revert' : 'apply'}`,
          plan,
          revert,
          approvedHash: plan.planHash,
          ...byMuster,
        },
        { attempt, scheduledTimestampMs: Date.now(), scheduleToCloseTimeoutMs: leftMs },
      ),
    look: (plan) => run(activities.observeSettled, { incident, plan, revert: false }),
    async settled(plan, { revert = false } = {}) {
      let last: SettledResult | null = null;
      await until(`${plan.sentence} has settled`, async () => {
        last = await run(activities.observeSettled, { incident, plan, revert });
        return last.state !== 'moving';
      });
      return last as unknown as SettledResult;
    },
    diagnose(given = {}) {
      metrics = { ...noMetrics, ...given };
      return run(activities.diagnose, {
        incident: { ...incident, declaredAt: new Date().toISOString() },
        key: 'diagnose',
        service: {
          id: 'checkout',
          title: 'Checkout',
          publicName: 'Checkout',
          customerFacing: true,
          team: 'shop',
          target,
          symptom: given.queryRange ? { title: 'Errors', query: 'errors', healthyBelow: 0.01, unit: 'ratio' } : null,
        },
        alerts: [],
        lookBackMs: 2 * 3_600_000,
        runbook: null,
        answers: {},
        at: new Date().toISOString(),
      });
    },
  };
  await bench.rolledOut();
  return bench;
};

/** Polls; a bound far above what it takes, so that a slow machine is no failure. */
export const until = async (what: string, holds: () => Promise<boolean>, withinMs = 40_000): Promise<void> => {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

/** What the first request of a plan puts on the wire, for tests that play somebody else. */
export const wireOf = (plan: Plan): ClusterRequest => {
  const [request] = plan.requests;
  if (request?.system !== 'kubernetes') throw new Error('the plan does not begin with a request to a cluster');
  const { method, path, contentType, body } = request;
  return { method, path, contentType, body };
};
