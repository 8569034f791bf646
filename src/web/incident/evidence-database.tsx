import type { DatabaseSeen } from '../../schema/evidence.ts';
import { Fold } from '../parts/fold.tsx';
import { Table } from '../parts/table.tsx';

/** The sessions of the database and what they wait for; who blocks others is said first. */
export const Database = ({ database }: { database: DatabaseSeen | null }) => {
  if (database === null) return null;
  const { connections, sessions, blockers, left } = database;
  const room = connections.max - connections.reserved;
  const isFull = connections.used >= room;
  const inUse = `${connections.used} of ${room} connections in use`;
  return (
    <Fold
      title={
        <>
          Database {database.name} <span class={isFull ? 'warn-text' : 'soft'}>({inUse})</span>
        </>
      }
      open={isFull || blockers.length > 0}
    >
      <meter min={0} max={room} value={Math.min(connections.used, room)} aria-label={inUse} />
      {blockers.length === 0 ? null : (
        <ul class="plain rows">
          {blockers.map((blocker) => (
            <li key={blocker.pid} class="warn-text">
              Session <strong>{blocker.pid}</strong> makes {blocker.waiting} wait, since {ageText(blocker.ageSeconds)}
            </li>
          ))}
        </ul>
      )}
      {sessions.length === 0 ? null : (
        <Table columns={['Session', 'Who', 'State', 'Waits for', 'Statement']}>
          {sessions.map((session) => (
            <tr key={session.pid}>
              <th scope="row">{session.pid}</th>
              <td>
                {session.user} <span class="soft">{session.application}</span>
              </td>
              <td>
                {session.state}, {ageText(session.ageSeconds)}
              </td>
              <td>
                {session.waiting ?? '–'}
                {session.blockedBy.length > 0 ? ` (of ${session.blockedBy.join(', ')})` : ''}
              </td>
              <td>
                <code>{session.query}</code>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {left === 0 ? null : <p class="soft">and {left} more sessions</p>}
    </Fold>
  );
};

const ageText = (seconds: number): string =>
  seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
