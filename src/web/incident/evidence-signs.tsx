import type { Evidence, Signature } from '../../schema/evidence.ts';
import { Fold } from '../parts/fold.tsx';
import { Instant } from '../parts/instant.tsx';

/** What the service's own page said when it was asked. */
export const Health = ({ health }: Pick<Evidence, 'health'>) =>
  health === null ? null : (
    <Fold
      title={
        <>
          Health page{' '}
          <span class={health.healthy ? 'check check-yes' : 'check check-no'}>
            {health.healthy ? 'Healthy' : 'Not healthy'}
          </span>
        </>
      }
      open={!health.healthy}
    >
      <p>
        <code class="breaks">{health.url}</code> {health.finding} <span class="soft">({health.latencyMs} ms)</span>
      </p>
      {health.excerpt === '' ? null : <Lines text={health.excerpt} />}
    </Fold>
  );

export const Alarms = ({ alarms }: Pick<Evidence, 'alarms'>) =>
  alarms.length === 0 ? null : (
    <Fold title="Alarms" note={`${alarms.length} ringing`} open>
      <ul class="plain rows">
        {alarms.map((alarm) => (
          <li key={`${alarm.name}${alarm.since}`}>
            <strong>{alarm.name}</strong> {alarm.metric ?? ''}{' '}
            <span class="soft">
              since <Instant at={alarm.since} />
            </span>
            <br />
            {alarm.reason}
          </li>
        ))}
      </ul>
    </Fold>
  );

const names: Record<Signature['name'], string> = {
  tooManyConnections: 'No connection left',
  outOfMemory: 'Out of memory',
  connectionRefused: 'Connection refused',
  nameNotFound: 'Name not found',
  timeout: 'Timed out',
  certificate: 'Certificate not accepted',
  unauthorised: 'Not authorised',
  missingSetting: 'Setting or key missing',
  migration: 'Another database schema',
  diskFull: 'Disk full',
  deadlock: 'Deadlock',
};

/** Known faults that the logs show, counted, with one line of each. */
export const Signatures = ({ signatures }: Pick<Evidence, 'signatures'>) =>
  signatures.length === 0 ? null : (
    <Fold title="Faults in the logs" open>
      <ul class="plain rows">
        {signatures.map(({ name, count, example }) => (
          <li key={name}>
            <strong>{names[name]}</strong>{' '}
            <span class="soft">
              {count} {count === 1 ? 'line' : 'lines'}
            </span>
            <br />
            <code class="breaks">{example}</code>
          </li>
        ))}
      </ul>
    </Fold>
  );

export const Logs = ({ logs, logSearch }: Pick<Evidence, 'logs' | 'logSearch'>) => (
  <>
    {logs.map((log) => (
      <Fold
        key={`${log.pod}${log.previous}`}
        title={`Log of ${log.pod}${log.previous ? ' before its last restart' : ''}`}
        note={`${log.lines.length} lines`}
      >
        <Lines text={log.lines.join('\n')} />
      </Fold>
    ))}
    {logSearch === null ? null : (
      <Fold
        title={`Log group ${logSearch.group}`}
        note={`${logSearch.rows.length} rows${logSearch.complete ? '' : ', stopped early'}`}
      >
        <p class="soft">
          <code class="breaks">{logSearch.query}</code>
        </p>
        {logSearch.rows.length === 0 ? (
          <p class="note">Nothing found.</p>
        ) : (
          <Lines text={logSearch.rows.map(({ at, text }) => (at === null ? text : `${at} ${text}`)).join('\n')} />
        )}
      </Fold>
    )}
  </>
);

const Lines = ({ text }: { text: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
  <pre class="code" tabIndex={0}>
    {text}
  </pre>
);
