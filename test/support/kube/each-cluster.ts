import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import type { Cluster } from '../../../src/integrations/integration.ts';
import type { Target } from '../../../src/schema/remediation.ts';
import { aBench, type Bench } from './a-remediation.ts';
import { type Plane, startControlPlane, startSandboxPlane, whyNoControlPlane } from './planes.ts';

export interface Given {
  plane(): Plane;
  /** A Deployment `checkout` of three pods in a namespace of its own. */
  bench(more?: Parameters<typeof aBench>[2]): Promise<Bench>;
}

/** Two clusters, one set of cases: what passes on the sandbox's must pass on a real control plane, or the sandbox lies. */
export const onEachCluster = (cases: (given: Given) => void): void => {
  const absent = whyNoControlPlane();
  if (absent) console.warn(`SKIPPED: remediations on a real Kubernetes control plane: ${absent}`);
  for (const { name, start, missing } of [
    { name: 'the sandbox cluster', start: startSandboxPlane, missing: null },
    { name: 'a real Kubernetes control plane', start: startControlPlane, missing: absent },
  ]) {
    describe(`on ${name}`, () => {
      let plane: Plane;
      let benches = 0;
      beforeAll(async () => {
        if (!missing) plane = await start();
      });
      beforeEach(({ skip }) => {
        if (missing) skip(missing);
      });
      afterAll(() => plane?.stop());
      cases({
        plane: () => plane,
        bench(more) {
          benches += 1;
          return aBench(plane.cluster, `shop-${benches}`, more);
        },
      });
    });
  }
};

/** An object as raw JSON, as far as these tests look into it. */
export interface Raw {
  metadata: {
    name: string;
    uid: string;
    creationTimestamp: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: Record<string, unknown>;
  data?: Record<string, string>;
  status?: Record<string, unknown>;
}

/** Null when there is none. */
export const readRaw = async (cluster: Cluster, path: string): Promise<Raw | null> => {
  const { status, body } = await cluster.request({ method: 'GET', path });
  return status === 404 ? null : (body as Raw);
};

export const listRaw = async (cluster: Cluster, path: string, labelSelector = ''): Promise<Raw[]> => {
  const { body } = await cluster.request({ method: 'GET', path, query: { labelSelector } });
  return (body as { items: Raw[] }).items;
};

/** Changes an object as somebody else would. */
export const changeRaw = async (cluster: Cluster, path: string, operations: object[]): Promise<void> => {
  const { status, body } = await cluster.request({
    method: 'PATCH',
    path,
    body: operations,
    contentType: 'application/json-patch+json',
  });
  if (status !== 200) throw new Error(`the patch was answered ${status}: ${JSON.stringify(body)}`);
};

/** From now on the cluster says no to requests of this kind, as it does without the right; reads of others go through. */
export const withhold = ({ wire }: Bench, method: string, path: RegExp): void => {
  const allowed = wire.request.bind(wire);
  wire.request = async (request) =>
    request.method === method && path.test(request.path)
      ? { status: 403, body: { kind: 'Status', status: 'Failure', reason: 'Forbidden', message: 'forbidden' } }
      : allowed(request);
};

export const inNamespace = ({ target }: Bench, group: string, plural: string): string =>
  `${group}/namespaces/${target.namespace}/${plural}`;

export const onKind = ({ target }: Bench, kind: string, name: string): Target => ({ ...target, kind, name });
