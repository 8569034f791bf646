import type { IncidentView } from '../../schema/incident.ts';
import { bySoonest } from '../incident/next-deadline.tsx';
import { Countdown, Instant } from '../parts/instant.tsx';
import { SeverityMark } from '../parts/severity-mark.tsx';
import { isOpen, statusWords } from '../parts/status-word.ts';
import { useNow } from '../server/clock.ts';

/** One incident on the board: what it is on the left, what happens next on the right. */
export const IncidentRow = ({ view }: { view: IncidentView }) => {
  const next = [...view.deadlines].sort(bySoonest)[0];
  return (
    <li class={`incident-row row-rank-${Math.min(view.rank, 4)}${isOpen(view.status) ? '' : ' is-over'}`}>
      <SeverityMark severity={view.severity} rank={view.rank} />
      <div class="row-what">
        <p class="row-title">
          <a href={`/incidents/${view.id}`}>{view.title}</a>
        </p>
        <p class="facts soft">
          <span class={`status status-${view.status}`}>{statusWords[view.status]}</span>
          {view.drill ? <span class="tag tag-drill">Drill</span> : null}
          <span>{view.service ?? 'no service'}</span>
          <span>{view.roles.commander ? `Commander ${view.roles.commander.name}` : 'no commander'}</span>
          <span>
            {view.id}, <Instant at={view.declaredAt} />
          </span>
        </p>
      </div>
      {isOpen(view.status) ? (
        <div class="row-next">
          {next ? (
            <>
              <Countdown dueAt={next.dueAt} />
              <span class="row-action">{next.action}</span>
            </>
          ) : (
            <span class="soft">nothing due by itself</span>
          )}
          <Kept updates={view.updates} />
        </div>
      ) : null}
    </li>
  );
};

/** Both promises in one word: broken beats due beats kept. */
const Kept = ({ updates }: { updates: IncidentView['updates'] }) => {
  const now = useNow();
  const both = [updates.internal, updates.public];
  const broken = both.reduce((sum, promise) => sum + promise.broken, 0);
  if (broken > 0) return <span class="check check-no">{broken === 1 ? '1 update' : `${broken} updates`} missed</span>;
  if (both.some((promise) => promise.dueAt !== null && Date.parse(promise.dueAt) < now))
    return <span class="check check-open">update due</span>;
  return both.some((promise) => promise.kept > 0) ? <span class="check check-yes">updates kept</span> : null;
};
