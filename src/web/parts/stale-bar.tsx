import { useNow } from '../server/clock.ts';
import { useStaleSince } from '../server/live.ts';
import { ageText, clockTime } from './duration.ts';

/** Says since when the page cannot know better, and that counters have stopped. */
export const StaleBar = () => {
  const since = useStaleSince();
  return (
    <div class="stale-holder" role="alert">
      {since === null ? null : <StaleText since={since} />}
    </div>
  );
};

const StaleText = ({ since }: { since: number }) => (
  <p class="stale-bar">
    <strong>Not live since {clockTime(since)}</strong>
    <span aria-hidden="true">
      {' '}
      (<Elapsed since={since} />)
    </span>
    . Counters have stopped; what you see may be old. Muster goes on without this page. Connecting again…
  </p>
);

const Elapsed = ({ since }: { since: number }) => <>{ageText(useNow() - since)}</>;
