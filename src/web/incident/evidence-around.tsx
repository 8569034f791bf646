import type { Evidence } from '../../schema/evidence.ts';
import { Fold } from '../parts/fold.tsx';
import { Table } from '../parts/table.tsx';

/** The nodes under the pods: what they say about themselves, and how others fare on them. */
export const Nodes = ({ nodes }: Pick<Evidence, 'nodes'>) => {
  if (nodes.length === 0) return null;
  const troubled = nodes.filter((node) => node.troubles.length > 0 || node.unschedulable).length;
  return (
    <Fold
      title="Nodes"
      note={`${nodes.length}, ${troubled === 0 ? 'all well' : `${troubled} in trouble or cordoned`}`}
      open={troubled > 0}
    >
      <Table columns={['Node', 'State', 'Pods of ours', 'Pods of others']}>
        {nodes.map((node) => (
          <tr key={node.name}>
            <th scope="row">{node.name}</th>
            <td>
              <span class={node.troubles.length === 0 ? 'check check-yes' : 'check check-no'}>
                {node.troubles.length === 0 ? 'Well' : node.troubles.join(', ')}
              </span>
              {node.unschedulable ? <span class="tag">cordoned</span> : null}
            </td>
            <td>{ofThose(node.own)}</td>
            <td>
              {node.others === null
                ? 'not seen'
                : `${ofThose(node.others)}${node.others.workloadsBad > 0 ? `, of ${node.others.workloadsBad} workloads` : ''}`}
            </td>
          </tr>
        ))}
      </Table>
    </Fold>
  );
};

const ofThose = ({ pods, bad }: { pods: number; bad: number }): string =>
  bad === 0 ? `${pods}, all well` : `${pods}, ${bad} not well`;

interface Line {
  what: string;
  name: string;
  said: string;
  /** Something to look at. */
  tight: boolean;
}

/** Autoscalers, disruption budgets, quotas and Services, one line each; the tight ones first. */
export const Surroundings = ({ evidence }: { evidence: Evidence }) => {
  const lines = linesOf(evidence).sort((one, other) => Number(other.tight) - Number(one.tight));
  if (lines.length === 0) return null;
  const tight = lines.filter((line) => line.tight).length;
  return (
    <Fold title="Around it" note={tight === 0 ? 'nothing tight' : `${tight} to look at`} open={tight > 0}>
      <ul class="plain rows">
        {lines.map((line) => (
          <li key={`${line.what}${line.name}${line.said}`} class={line.tight ? 'warn-text' : undefined}>
            {line.what} <strong>{line.name}</strong> {line.said}
          </li>
        ))}
      </ul>
    </Fold>
  );
};

const linesOf = ({ autoscalers, budgets, quotas, endpoints }: Evidence): Line[] => [
  ...endpoints.map(({ service, ready, notReady }) => ({
    what: 'Service',
    name: service,
    said: `${ready} endpoints take traffic${notReady > 0 ? `, ${notReady} do not` : ''}`,
    tight: ready === 0 || notReady > 0,
  })),
  ...autoscalers.map(({ name, min, max, current, desired, atMaximum }) => ({
    what: 'Autoscaler',
    name,
    said: `${current} replicas, wants ${desired}, between ${min} and ${max}${atMaximum ? ': at its maximum' : ''}`,
    tight: atMaximum,
  })),
  ...budgets.map(({ name, allowed, healthy, wanted, pods }) => ({
    what: 'Disruption budget',
    name,
    said: `${healthy} of ${pods} pods healthy, wants ${wanted}: ${allowed === 0 ? 'no pod' : allowed} may be evicted`,
    tight: allowed === 0,
  })),
  ...quotas.map(({ name, resource, used, hard, share }) => ({
    what: 'Quota',
    name,
    said: `${resource}: ${used} of ${hard}`,
    tight: share >= 1,
  })),
];
