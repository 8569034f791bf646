import { useEffect, useRef, useState } from 'preact/hooks';
import type { ActionItem, FollowUpView } from '../../schema/api.ts';
import { Countdown, Instant } from '../parts/instant.tsx';
import { Markdown } from '../parts/markdown.tsx';
import { Failed, Loaded } from '../parts/notes.tsx';
import { Why } from '../parts/why.tsx';
import { incidentPath, readText, send } from '../server/client.ts';
import { useCommand } from '../server/command.ts';
import { type Resource, useResource } from '../server/resource.ts';
import { actionItemForm } from './command-forms.ts';
import { useScope } from './scope.ts';

/** What follows for weeks: the review, the document, the promised improvements. */
export const AfterSection = ({ followUp }: { followUp: Resource<FollowUpView | null> }) => (
  <section id="after" aria-labelledby="after-title">
    <h2 id="after-title">After</h2>
    <Loaded resource={followUp} what="what follows">
      {(found) =>
        found ? (
          <FollowUp followUp={found} />
        ) : (
          <p class="note">
            Begins when the incident is resolved: the review is booked, the postmortem drafted, action items tracked
            until done.
          </p>
        )
      }
    </Loaded>
  </section>
);

const FollowUp = ({ followUp }: { followUp: FollowUpView }) => {
  const { people, ask } = useScope();
  return (
    <>
      <dl class="after">
        <div>
          <dt>Review</dt>
          <dd>
            {followUp.reviewAt ? <Instant at={followUp.reviewAt} /> : 'not booked yet'}
            <span class="soft"> · {followUp.reviewRequired ? 'required' : 'optional'}</span>
            {followUp.facilitator ? <p class="soft">Facilitator: {followUp.facilitator}</p> : null}
            {followUp.attendees.length > 0 ? <p class="soft">Invited: {followUp.attendees.join(', ')}</p> : null}
          </dd>
        </div>
        <div>
          <dt>Postmortem</dt>
          <dd>
            {followUp.documentDraftedAt ? (
              <>
                drafted <Instant at={followUp.documentDraftedAt} />
              </>
            ) : (
              'not drafted yet'
            )}
            {followUp.documentDueAt ? (
              <span class="soft">
                {' '}
                · due <Instant at={followUp.documentDueAt} />
              </span>
            ) : null}
            {followUp.documentDraftedAt ? <Document incidentId={followUp.incidentId} /> : null}
          </dd>
        </div>
        <div>
          <dt>Room</dt>
          <dd>
            {followUp.roomArchivedAt ? (
              <>
                archived <Instant at={followUp.roomArchivedAt} />
              </>
            ) : (
              'open'
            )}
          </dd>
        </div>
      </dl>
      <h3>Action items</h3>
      {followUp.actionItems.length === 0 ? <p class="note">None yet. The review usually finds some.</p> : null}
      <ul class="plain action-items">
        {followUp.actionItems.map((item) => (
          <Item key={item.id} item={item} incidentId={followUp.incidentId} />
        ))}
      </ul>
      {followUp.closedAt ? (
        <p class="soft">
          Closed <Instant at={followUp.closedAt} />
        </p>
      ) : (
        <button type="button" onClick={() => ask(actionItemForm(followUp.incidentId, people))}>
          Add an action item…
        </button>
      )}
      {followUp.deadlines.length > 0 ? (
        <>
          <h3>Due</h3>
          <ul class="plain rows">
            {followUp.deadlines.map((deadline) => (
              <li key={deadline.name}>
                <Countdown dueAt={deadline.dueAt} /> {deadline.action} <span class="soft">({deadline.who})</span>
                <Why text={deadline.why} of={deadline.action} />
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </>
  );
};

const Item = ({ item, incidentId }: { item: ActionItem; incidentId: string }) => {
  const { reload } = useScope();
  const command = useCommand();
  const done = item.doneAt !== null;
  const complete = async (): Promise<void> => {
    const path = incidentPath(incidentId, `/action-items/${encodeURIComponent(item.id)}/complete`);
    if (await command.run(() => send(path))) reload();
  };
  return (
    <li class={done ? 'action-item is-done' : 'action-item'}>
      <span class={done ? 'check check-yes' : 'check check-open'}>{done ? 'Done' : 'Open'}</span>
      <div>
        <p>{item.text}</p>
        <p class="soft">
          {item.owner}
          {item.doneAt ? (
            <>
              , done <Instant at={item.doneAt} />
            </>
          ) : item.dueAt ? (
            <>
              , due <Instant at={item.dueAt} />
            </>
          ) : null}
        </p>
        {command.problem ? <Failed problem={command.problem} /> : null}
      </div>
      {done ? null : (
        <button type="button" class="small" disabled={command.busy} onClick={() => void complete()}>
          Done<span class="visually-hidden">: {item.text}</span>
        </button>
      )}
    </li>
  );
};

const Document = ({ incidentId }: { incidentId: string }) => {
  const [open, setOpen] = useState(false);
  return (
    <div class="buttons">
      <button type="button" class="small" onClick={() => setOpen(true)}>
        Read the draft
      </button>
      <a class="button small" href={incidentPath(incidentId, '/postmortem')}>
        Markdown
      </a>
      {open ? <Reader incidentId={incidentId} onClose={() => setOpen(false)} /> : null}
    </div>
  );
};

const Reader = ({ incidentId, onClose }: { incidentId: string; onClose: () => void }) => {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} class="dialog dialog-wide" aria-label="Postmortem draft" onClose={onClose}>
      <Draft incidentId={incidentId} />
      <div class="buttons">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </dialog>
  );
};

const Draft = ({ incidentId }: { incidentId: string }) => {
  const draft = useResource(`postmortem ${incidentId}`, 0, () => readText(incidentPath(incidentId, '/postmortem')));
  return (
    <Loaded resource={draft} what="the draft">
      {(text) => (text ? <Markdown text={text} /> : <p class="note">The draft is not there yet.</p>)}
    </Loaded>
  );
};
