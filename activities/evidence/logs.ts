import { restartsOf, troubleOf } from '../../src/domain/kubernetes/rollout.ts';
import { redactSecrets } from '../../src/domain/redaction.ts';
import { shorten } from '../../src/domain/shorten.ts';
import type { Cluster } from '../../src/integrations/integration.ts';
import type { Evidence } from '../../src/schema/evidence.ts';
import type { Pod } from '../../src/schema/kubernetes.ts';
import type { Target } from '../../src/schema/remediation.ts';
import { namespacedPath } from '../actions/cluster-reads.ts';
import type { Part } from './parts.ts';

const podsMax = 4;
const linesMax = 100;
const lineChars = 500;
const bytesMax = 1_048_576;

/** The last lines of pods in trouble, of the container before the crash where there was one. Secrets are taken out. */
export const logsOf = async (part: Part, cluster: Cluster, target: Target, pods: Pod[]): Promise<Evidence['logs']> => {
  const asked = pods
    .filter((pod) => troubleOf(pod) !== null && pod.status.phase !== 'Pending')
    .slice(0, podsMax)
    .flatMap((pod) => (restartsOf(pod) > 0 ? [true, false] : [false]).map((previous) => ({ pod, previous })));
  const logs = await Promise.all(
    asked.map(({ pod, previous }) =>
      part(`the ${previous ? 'previous ' : ''}log of ${pod.metadata.name}`, null, async () => {
        const path = `${namespacedPath(target, '/api/v1', 'pods')}/${encodeURIComponent(pod.metadata.name)}/log`;
        const text = await cluster.text(path, {
          tailLines: String(linesMax),
          limitBytes: String(bytesMax),
          ...(previous ? { previous: 'true' } : {}),
          ...containerOf(pod),
        });
        const lines = redactSecrets(text.slice(-bytesMax)).split('\n').filter(Boolean).slice(-linesMax);
        return { pod: pod.metadata.name, previous, lines: lines.map((line) => shorten(line, lineChars)) };
      }),
    ),
  );
  return logs.filter((one) => one !== null);
};

/** Pods with several containers answer only when one is named: the one that restarted most. */
const containerOf = (pod: Pod): { container?: string } => {
  const statuses = pod.status.containerStatuses ?? [];
  if (pod.spec.containers.length < 2) return {};
  const worst = [...statuses].sort((one, other) => (other.restartCount ?? 0) - (one.restartCount ?? 0))[0];
  return worst ? { container: worst.name } : {};
};
