import { useEffect, useState } from 'preact/hooks';
import type { Stop, StopList } from '../../schema/stop.ts';
import { readIfThere } from '../server/client.ts';
import { useResource } from '../server/resource.ts';
import { absoluteText } from './duration.ts';

/** A stop belongs to no incident, so no stream tells of it. */
const lookAgainMs = 10_000;

/** On every page while changes of production are stopped: which, by whom and why. */
export const StopBanner = () => {
  const [look, setLook] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setLook((count) => count + 1), lookAgainMs);
    return () => clearInterval(timer);
  }, []);
  const stops = useResource('stops', look, () => readIfThere<StopList>('/api/v1/stops'));
  return (
    <div class="stop-holder" role="alert">
      {stops.problem?.status === 503 ? (
        <p class="stop-banner">
          <strong>Nobody can read whether changes are stopped.</strong> Until the database answers, nothing is changed.
        </p>
      ) : (
        stops.value?.items.map((stop) => <StopText key={stop.scope} stop={stop} />)
      )}
    </div>
  );
};

/** The exact time: a relative one would be read aloud again with each minute. */
const StopText = ({ stop }: { stop: Stop }) => (
  <p class="stop-banner">
    <strong>{headlineOf(stop.scope)}</strong> {stop.by.name}
    {stop.reason === null ? ' gave no reason' : `: ${stop.reason}`} (since{' '}
    <time dateTime={stop.since}>{absoluteText(stop.since)}</time>). Paging and messages go on.{' '}
    <code>muster stop --lift {stop.scope}</code> lifts it.
  </p>
);

const headlineOf = (scope: string): string => {
  const [kind, name] = scope.split('/');
  if (kind === 'cluster') return `Changes in the cluster ${name} are stopped.`;
  if (kind === 'action') return `The action ${name} is stopped.`;
  if (kind === 'runbook') return `The runbook ${name} is stopped.`;
  return 'All changes of production are stopped.';
};
