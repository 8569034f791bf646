import { useEffect, useRef } from 'preact/hooks';
import type { Deadline } from '../../schema/incident.ts';
import { announce } from '../parts/announcer.tsx';
import { Countdown, Instant } from '../parts/instant.tsx';
import { Failed } from '../parts/notes.tsx';
import { isOpen } from '../parts/status-word.ts';
import { Why } from '../parts/why.tsx';
import { incidentPath, send } from '../server/client.ts';
import { useCommand } from '../server/command.ts';
import { useMe } from '../server/session.ts';
import { acknowledge, reopenForm } from './command-forms.ts';
import { useScope } from './scope.ts';

/** Soonest first; of two at the same moment the one that wakes somebody. */
export const bySoonest = (one: Deadline, other: Deadline): number =>
  Date.parse(one.dueAt) - Date.parse(other.dueAt) ||
  Number(other.name.startsWith('page:')) - Number(one.name.startsWith('page:'));

/** The largest thing on the page: what happens next, to whom, in how long, and the one button that changes it. */
export const NextDeadline = () => {
  const { view, remediations } = useScope();
  const expiring = remediations
    .filter((one) => one.status === 'awaitingApproval' && one.expiresAt !== null)
    .map(
      (one): Deadline => ({
        name: `approval:${one.id}`,
        dueAt: one.expiresAt ?? '',
        action: one.plan
          ? `give up the plan unless approved: ${one.plan.sentence}`
          : 'give up the plan unless approved',
        who: one.approverRoles.join(' or '),
        why: one.because,
      }),
    );
  const deadlines = [...view.deadlines, ...expiring].sort(bySoonest);
  const [next, ...then] = deadlines;
  const said = useRef(next?.name);

  useEffect(() => {
    if (next && said.current !== next.name) announce(`Next: ${next.action}`);
    said.current = next?.name;
  }, [next]);

  if (!next)
    return (
      <section class="next next-none" aria-label="Next deadline">
        <p class="next-action">
          {isOpen(view.status)
            ? 'Nothing will happen by itself. The incident waits for a person.'
            : 'Nothing is due. The incident is over; what follows is under After.'}
        </p>
      </section>
    );
  return (
    <section class={`next next-${kindOf(next.name)}`} aria-label="Next deadline">
      <div class="next-clock">
        <p class="eyebrow">Next</p>
        <Countdown dueAt={next.dueAt} large />
      </div>
      <div class="next-what">
        <p class="next-action">{sentence(next.action)}</p>
        <p class="soft">
          Concerns {next.who} · due <Instant at={next.dueAt} />
        </p>
        <Why text={next.why} of={next.action} />
      </div>
      <NextButton deadline={next} />
      {then.length > 0 ? (
        <details class="next-then">
          <summary>
            Then {then.length === 1 ? 'one more' : `${then.length} more`}: {then[0] ? then[0].action : ''}
          </summary>
          <ol class="plain">
            {then.map((deadline) => (
              <li key={deadline.name}>
                <Countdown dueAt={deadline.dueAt} />
                <span>
                  {sentence(deadline.action)}
                  <Why text={deadline.why} of={deadline.action} />
                </span>
              </li>
            ))}
          </ol>
        </details>
      ) : null}
    </section>
  );
};

const sentence = (action: string): string => action.charAt(0).toUpperCase() + action.slice(1);
const kindOf = (name: string): string => name.split(':')[0] ?? 'other';

/** Which press changes which deadline; names are those of src/domain/incident/deadlines.ts. */
const NextButton = ({ deadline }: { deadline: Deadline }) => {
  const { view, ask } = useScope();
  const me = useMe();
  const kind = kindOf(deadline.name);

  if ((kind === 'page' || kind === 'respond') && view.acknowledgedAt === null)
    return (
      <Press
        label="Acknowledge"
        hint={`${kind === 'page' ? `Stops paging ${deadline.who}. ` : ''}You say: I am looking at it.`}
        act={acknowledge(view)}
      />
    );
  if (kind === 'acknowledgement')
    return <Press label="Still on it" hint="Renews the acknowledgement." act={acknowledge(view)} />;
  if (kind === 'update' || kind === 'remind')
    return (
      <div class="next-press">
        <a
          class="button primary huge"
          href={deadline.name.includes('public') ? '#compose-public' : '#compose-internal'}
        >
          Write the update
        </a>
        <p class="hint">Keeps the promise and starts the next interval.</p>
      </div>
    );
  const missing = view.minimumRoles.find((role) => !view.roles[role]);
  if (kind === 'roles' && missing && me)
    return (
      <Press
        label={`Take ${missing === 'scribe' ? 'scribe' : missing === 'commander' ? 'command' : 'the lead'}`}
        hint="The first empty role becomes yours."
        act={() => send(incidentPath(view.id, '/roles'), { role: missing, person: me.person.id })}
      />
    );
  if (kind === 'approval')
    return (
      <div class="next-press">
        <a class="button primary huge" href="#now">
          Read the plan
        </a>
        <p class="hint">Nothing changes until somebody approves.</p>
      </div>
    );
  if (kind === 'hold')
    return (
      <div class="next-press">
        <button type="button" class="huge" onClick={() => ask(reopenForm(view))}>
          Reopen…
        </button>
        <p class="hint">Only if the symptoms are back. Otherwise nothing to do.</p>
      </div>
    );
  return null;
};

/** A button that sends its command at once, and says what came of it. */
const Press = ({ label, hint, act }: { label: string; hint: string; act: () => Promise<unknown> }) => {
  const command = useCommand();
  return (
    <div class="next-press">
      <button type="button" class="primary huge" disabled={command.busy} onClick={() => void command.run(act)}>
        {command.busy ? 'Sending…' : label}
      </button>
      <p class="hint">{hint}</p>
      {command.problem ? <Failed problem={command.problem} /> : null}
    </div>
  );
};
