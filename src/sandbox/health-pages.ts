/** The health pages of the shop: `/<host>/<path>`, where the first part of the host is the name of the Deployment. */
import { isReady } from './kubernetes/objects.ts';
import { answer, type SandboxAnswer, type SandboxRequest } from './wire.ts';
import type { World } from './world.ts';

/** 200 while at least half of its pods are ready, 503 while fewer are, 404 for a host nobody knows. */
export const handleHealthPages = (world: World, request: SandboxRequest): SandboxAnswer => {
  if (request.method !== 'GET') return answer(405, 'Method Not Allowed');
  const [, host = ''] = request.path.split('/');
  const [name] = host.split('.');
  const deployment = world.cluster.store.deployments().find(({ metadata }) => metadata.name === name);
  if (!deployment) return answer(404, { status: 'unknown host' });
  const { namespace } = deployment.metadata;
  const ready = world.cluster.store
    .pods()
    .filter((pod) => pod.metadata.namespace === namespace && pod.metadata.labels?.app === name && isReady(pod)).length;
  const wanted = deployment.spec.replicas;
  const isWell = ready > 0 && ready * 2 >= wanted;
  return answer(isWell ? 200 : 503, { status: isWell ? 'ok' : 'failing', ready, wanted });
};
