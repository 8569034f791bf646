import { useNow } from '../server/clock.ts';
import { useStaleSince } from '../server/live.ts';
import { absoluteText, clockText, clockTime, relativeText } from './duration.ts';

/** A time as people say it, with the exact one (viewer's zone and UTC) on hover, on focus and in print. */
export const Instant = ({ at, inLink = false }: { at: string; inLink?: boolean }) => {
  const now = useNow();
  return (
    <time class="instant" dateTime={at} tabIndex={inLink ? undefined : 0}>
      {relativeText(at, now)}
      <span class="instant-exact">{absoluteText(at)}</span>
    </time>
  );
};

/**
 * Time left until `dueAt`, ticking without moving anything around it. When the live stream is lost it stops pretending
 * and shows the moment it last knew of.
 */
export const Countdown = ({ dueAt, large = false }: { dueAt: string; large?: boolean }) => {
  const now = useNow();
  const stale = useStaleSince() !== null;
  const leftMs = Date.parse(dueAt) - now;
  const overdue = leftMs < 0;
  const size = large ? 'countdown countdown-large' : 'countdown';
  if (stale)
    return (
      <time class={`${size} is-stale`} dateTime={dueAt}>
        {clockTime(dueAt)}
        <span class="instant-exact">last known: {absoluteText(dueAt)}</span>
      </time>
    );
  return (
    <time class={overdue ? `${size} is-overdue` : size} dateTime={dueAt} role="timer" aria-live="off">
      {/* Rounded up, so that 0:00 is shown when the moment has come and not a second before. */}
      <span class="countdown-figure">{overdue ? clockText(-leftMs) : clockText(leftMs + 999)}</span>
      {overdue ? <span class="countdown-over"> over</span> : null}
      <span class="instant-exact">{absoluteText(dueAt)}</span>
    </time>
  );
};
