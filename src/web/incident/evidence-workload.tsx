import type { Evidence } from '../../schema/evidence.ts';
import { Fold } from '../parts/fold.tsx';
import { Instant } from '../parts/instant.tsx';
import { Table } from '../parts/table.tsx';

/** The pods in a table, those in trouble first, with whose they are. */
export const Pods = ({ pods }: Pick<Evidence, 'pods'>) => {
  if (pods.length === 0) return null;
  const unready = pods.filter((pod) => !pod.ready).length;
  return (
    <Fold title="Pods" note={`${pods.length}, ${unready === 0 ? 'all ready' : `${unready} not ready`}`} open>
      <Table columns={['Pod', 'State', 'Restarts', 'Last end', 'Image', 'Revision', 'Node']}>
        {pods.map((pod) => (
          <tr key={pod.name}>
            <th scope="row">{pod.name}</th>
            <td>
              <span class={pod.ready ? 'check check-yes' : 'check check-no'}>{pod.ready ? 'Ready' : 'Not ready'}</span>{' '}
              {pod.reason ?? pod.phase}
            </td>
            <td class="number">{pod.restarts}</td>
            <td>{pod.lastEnd ? <LastEnd end={pod.lastEnd} /> : '–'}</td>
            <td>
              <code>{pod.image}</code>
            </td>
            <td class="number">{pod.revision}</td>
            <td class="unbroken">{pod.node ?? 'none yet'}</td>
          </tr>
        ))}
      </Table>
      <Owners pods={pods} />
    </Fold>
  );
};

const LastEnd = ({ end }: { end: NonNullable<Evidence['pods'][number]['lastEnd']> }) => (
  <>
    {end.reason}
    {end.exitCode === null ? '' : `, exit code ${end.exitCode}`}{' '}
    <span class="soft">
      <Instant at={end.at} />
    </span>
  </>
);

const Owners = ({ pods }: Pick<Evidence, 'pods'>) => {
  const chains = [...new Set(pods.map(({ owners }) => owners.join(' › ')))].filter((chain) => chain !== '');
  return chains.length === 0 ? null : (
    <ul class="plain rows soft">
      {chains.map((chain) => (
        <li key={chain}>Made by {chain}</li>
      ))}
    </ul>
  );
};

/** The history of the workload, newest first: each revision with what it changed. */
export const Revisions = ({ revisions }: Pick<Evidence, 'revisions'>) =>
  revisions.length === 0 ? null : (
    <Fold title="Revisions" note={revisions.length}>
      <ul class="plain rows">
        {revisions.map((revision) => (
          <li key={revision.revision}>
            <strong>{revision.revision}</strong> <code>{revision.images.join(', ')}</code>{' '}
            <span class="soft">
              <Instant at={revision.at} />, {revision.ready} ready
            </span>
            {revision.current ? <span class="tag">current</span> : null}
            {revision.differences.length > 0 ? (
              <ul class="reasons">
                {revision.differences.map((difference) => (
                  <li key={difference.path}>{inWords(difference)}</li>
                ))}
              </ul>
            ) : null}
          </li>
        ))}
      </ul>
    </Fold>
  );

const inWords = ({ path, before, after }: Evidence['revisions'][number]['differences'][number]): string => {
  if (before === null) return `${path} added${after === 'set' || after === 'used' ? '' : `: ${after}`}`;
  if (after === null) return `${path} removed`;
  return before === 'set' ? `${path} ${after}` : `${path}: ${before} → ${after}`;
};

export const Events = ({ events }: Pick<Evidence, 'events'>) =>
  events.length === 0 ? null : (
    <Fold title="Cluster events" note={events.length}>
      <ul class="plain rows">
        {events.map((event) => (
          <li key={`${event.at}${event.about}${event.reason}${event.message}`}>
            <strong>{event.reason}</strong> {event.about}: {event.message}{' '}
            <span class="soft">
              <Instant at={event.at} />
              {event.count > 1 ? `, ${event.count} times` : ''}
            </span>
          </li>
        ))}
      </ul>
    </Fold>
  );
