import { Instant } from '../parts/instant.tsx';
import { Loaded } from '../parts/notes.tsx';
import { readIfThere } from '../server/client.ts';
import { serverNow } from '../server/clock.ts';
import { useResource } from '../server/resource.ts';
import type { MusterHealth, OnCall } from '../server/shapes.ts';

/** Who would be woken now, where nobody would, and whether Muster itself is well. */
export const BoardSide = ({ version }: { version: number }) => {
  const onCall = useResource('on-call', version, () => readIfThere<OnCall>('/api/v1/on-call'));
  const health = useResource('health', version, () => readIfThere<MusterHealth>('/api/v1/health'));
  return (
    <aside class="board-side" aria-label="On call and health">
      {onCall.value === null ? null : (
        <section aria-labelledby="on-call-title">
          <h2 id="on-call-title">On call now</h2>
          <Loaded resource={onCall} what="who is on call">
            {(found) => (found ? <Duties onCall={found} /> : null)}
          </Loaded>
        </section>
      )}
      {health.value === null ? null : (
        <section aria-labelledby="health-title">
          <h2 id="health-title">Muster itself</h2>
          <Loaded resource={health} what="Muster's health">
            {(found) => (found ? <Checks health={found} /> : null)}
          </Loaded>
        </section>
      )}
    </aside>
  );
};

/** A team's own duty comes as `team/duty`. */
const dutyName = (duty: string): string => {
  const [team, own] = duty.split('/');
  return own ? `${own} of ${team}` : duty;
};

const Duties = ({ onCall }: { onCall: OnCall }) => (
  <>
    <dl class="duties">
      {onCall.duties.map((duty) => (
        <div key={duty.duty}>
          <dt>{dutyName(duty.duty)}</dt>
          <dd>
            {duty.people.length === 0 ? <strong class="bad-text">nobody</strong> : null}
            {duty.people.map((person) => (
              <span key={person.id}>
                {person.name}
                {person.until ? (
                  <span class="soft">
                    {' '}
                    hands over <Instant at={person.until} />
                  </span>
                ) : null}
              </span>
            ))}
            {duty.note ? <p class="soft">{duty.note}</p> : null}
          </dd>
        </div>
      ))}
    </dl>
    {onCall.gaps?.length ? (
      <ul class="plain gaps">
        {onCall.gaps.map((gap) => (
          <li key={`${gap.duty}${gap.from}`} class="bad-text">
            Gap: nobody is {dutyName(gap.duty)}{' '}
            {Date.parse(gap.from) <= serverNow() ? (
              'now'
            ) : (
              <>
                from <Instant at={gap.from} />
              </>
            )}
          </li>
        ))}
      </ul>
    ) : null}
  </>
);

const Checks = ({ health }: { health: MusterHealth }) => (
  <ul class="plain checks">
    {health.checks.map((check) => (
      <li key={check.name}>
        <span class={check.healthy ? 'check check-yes' : 'check check-no'}>{check.healthy ? 'Well' : 'Look here'}</span>
        <span>
          <strong>{check.name}</strong>: {check.finding}
        </span>
      </li>
    ))}
  </ul>
);
