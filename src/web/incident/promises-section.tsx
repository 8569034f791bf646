import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { IncidentView } from '../../schema/incident.ts';
import { Countdown } from '../parts/instant.tsx';
import { Failed } from '../parts/notes.tsx';
import { isOpen } from '../parts/status-word.ts';
import { incidentPath, send } from '../server/client.ts';
import { useCommand } from '../server/command.ts';
import { useLeaks } from './leak-findings.ts';
import { useScope } from './scope.ts';

/** What was promised to whom and until when, and the place to keep it. */
export const PromisesSection = () => {
  const { view } = useScope();
  return (
    <section id="promises" aria-labelledby="promises-title">
      <h2 id="promises-title">Promises</h2>
      <dl class="promises">
        <Promised to="The room" promise={view.updates.internal} />
        <Promised to="Customers" promise={view.updates.public} />
      </dl>
      {isOpen(view.status) ? <Composer /> : <p class="note">No further updates are due.</p>}
    </section>
  );
};

const Promised = ({ to, promise }: { to: string; promise: IncidentView['updates']['internal'] }) => (
  <div class="promise">
    <dt>{to}</dt>
    <dd>
      {promise.dueAt ? (
        <>
          next update in <Countdown dueAt={promise.dueAt} />
        </>
      ) : (
        'nothing promised'
      )}
      <span class="soft">
        {' '}
        · {promise.kept} kept
        {promise.broken > 0 ? <strong class="warn-text">, {promise.broken} broken</strong> : ''}
      </span>
    </dd>
  </div>
);

const Composer = () => {
  const { view, people, reload } = useScope();
  const [audience, setAudience] = useState<'internal' | 'public'>('internal');
  const [text, setText] = useState('');
  const [status, setStatus] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const command = useCommand();
  const id = useId();
  const leaks = useLeaks(
    audience === 'public' ? text : '',
    people.filter((person) => person.value !== 'operator').map((person) => person.label),
  );

  useEffect(() => {
    const open = (): void => {
      const wanted = /^#compose-(internal|public)$/.exec(location.hash)?.[1];
      if (!wanted) return;
      setAudience(wanted === 'public' ? 'public' : 'internal');
      field.current?.scrollIntoView({ block: 'center' });
      field.current?.focus();
      // Freed again, so that the same link works a second time.
      history.replaceState(null, '', `${location.pathname}${location.search}`);
    };
    open();
    addEventListener('hashchange', open);
    return () => removeEventListener('hashchange', open);
  }, []);

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const body = { text: text.trim(), audience, ...(status ? { status } : {}) };
    if (!(await command.run(() => send(incidentPath(view.id, '/updates'), body)))) return;
    setText('');
    setStatus('');
    reload();
  };

  return (
    <form class="composer" onSubmit={submit} aria-label="Write an update">
      <fieldset class="choice">
        <legend>For</legend>
        {(['internal', 'public'] as const).map((one) => (
          <label key={one}>
            <input
              type="radio"
              name={`${id}-audience`}
              value={one}
              checked={audience === one}
              onChange={() => {
                setAudience(one);
                command.forget();
              }}
            />
            {one === 'internal' ? 'the room' : 'customers'}
          </label>
        ))}
      </fieldset>
      <label for={`${id}-text`}>What you want to say</label>
      <textarea
        id={`${id}-text`}
        ref={field}
        rows={4}
        required
        maxLength={4_000}
        aria-describedby={`${id}-hint`}
        aria-invalid={command.problem !== null}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <p class="hint" id={`${id}-hint`}>
        {audience === 'public'
          ? 'Say that we know, what is affected, what helps meanwhile. No names, no systems, no fix time: the leak guard refuses them and says where.'
          : 'What is known, what is being tried, what comes next.'}
      </p>
      <div role="status">
        {leaks.length > 0 ? (
          <div class="leaks">
            <p>
              <strong>The leak guard would hold this back</strong> and send safe wording instead:
            </p>
            <ul>
              {leaks.map((leak) => (
                <li key={leak.rule}>
                  {leak.rule}: <q>{leak.excerpt}</q>
                </li>
              ))}
            </ul>
          </div>
        ) : null}
      </div>
      <label for={`${id}-status`}>
        State <span class="soft">(optional)</span>
      </label>
      <select id={`${id}-status`} value={status} onInput={(event) => setStatus(event.currentTarget.value)}>
        <option value="">unchanged</option>
        <option value="investigating">investigating</option>
        <option value="identified">identified</option>
        <option value="mitigating">mitigating</option>
      </select>
      {command.problem ? <Failed problem={command.problem} /> : null}
      <button type="submit" class={audience === 'public' ? 'primary' : ''} disabled={command.busy}>
        {command.busy ? 'Sending…' : audience === 'public' ? 'Publish to customers' : 'Post to the room'}
      </button>
    </form>
  );
};
