import type { DatabaseSeen } from '../../schema/evidence.ts';

/** The sessions of the database and what they wait for; who blocks others is said first. */
export const Database = ({ database }: { database: DatabaseSeen | null }) => {
  if (database === null) return null;
  const { connections, sessions, blockers, left } = database;
  const room = connections.max - connections.reserved;
  const isFull = connections.used >= room;
  return (
    <details class="fold" open={isFull || blockers.length > 0}>
      <summary>
        Database {database.name}{' '}
        <span class={isFull ? 'warn-text' : 'soft'}>
          ({connections.used} of {room} connections in use)
        </span>
      </summary>
      <meter
        min={0}
        max={room}
        value={Math.min(connections.used, room)}
        aria-label={`${connections.used} of ${room} connections in use`}
      />
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
        <div class="table-holder">
          <table>
            <thead>
              <tr>
                <th scope="col">Session</th>
                <th scope="col">Who</th>
                <th scope="col">State</th>
                <th scope="col">Waits for</th>
                <th scope="col">Statement</th>
              </tr>
            </thead>
            <tbody>
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
            </tbody>
          </table>
        </div>
      )}
      {left === 0 ? null : <p class="soft">and {left} more sessions</p>}
    </details>
  );
};

const ageText = (seconds: number): string =>
  seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
