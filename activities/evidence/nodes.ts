import { nodeSeen, nodesWorstFirst } from '../../src/domain/diagnosis/node-seen.ts';
import type { Cluster } from '../../src/integrations/integration.ts';
import type { Evidence } from '../../src/schema/evidence.ts';
import { Node, Pod } from '../../src/schema/kubernetes.ts';
import { listAll, readRaw, understood } from '../actions/cluster-reads.ts';
import type { Part } from './parts.ts';

const nodesMax = 10;

/** The nodes that the pods run on, and who else fares badly there. Both need rights over the whole cluster. */
export const nodesOf = async (part: Part, cluster: Cluster, pods: Pod[]): Promise<Evidence['nodes']> => {
  const names = nodesWorstFirst(pods).slice(0, nodesMax);
  if (names.length === 0) return [];
  const [nodes, all] = await Promise.all([
    part('the nodes', [], () =>
      Promise.all(names.map((name) => readRaw(cluster, `/api/v1/nodes/${encodeURIComponent(name)}`))),
    ),
    part('the other pods on the nodes', null, () =>
      Promise.all(
        names.map((name) => listAll(cluster, '/api/v1/pods', Pod, { fieldSelector: `spec.nodeName=${name}` })),
      ),
    ),
  ]);
  const own = new Set(pods.map((pod) => pod.metadata.uid));
  return nodes.flatMap((raw, index) => {
    // One that is gone has taken its name along.
    if (raw === null) return [];
    const node = understood(Node, raw);
    const others = all?.[index]?.filter((pod) => !own.has(pod.metadata.uid)) ?? null;
    return [
      nodeSeen(
        node,
        pods.filter((pod) => pod.spec.nodeName === node.metadata.name),
        others,
      ),
    ];
  });
};
