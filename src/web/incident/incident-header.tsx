import type { RoleName } from '../../schema/incident.ts';
import { Instant } from '../parts/instant.tsx';
import { Failed } from '../parts/notes.tsx';
import { SeverityMark } from '../parts/severity-mark.tsx';
import { isOpen, roleWords, statusWords } from '../parts/status-word.ts';
import { incidentPath, send } from '../server/client.ts';
import { useCommand } from '../server/command.ts';
import { useMe } from '../server/session.ts';
import {
  cancelForm,
  escalateForm,
  handOverForm,
  mitigateForm,
  reopenForm,
  resolveForm,
  severityForm,
} from './command-forms.ts';
import { useScope } from './scope.ts';

export const IncidentHeader = () => {
  const { view } = useScope();
  return (
    <header class="incident-header">
      <div class="incident-line">
        <SeverityMark severity={view.severity} rank={view.rank} large />
        <span class={`status status-${view.status}`}>{statusWords[view.status]}</span>
        {view.drill ? (
          <span class="tag tag-drill">Drill{view.speed === 1 ? '' : ` · ${view.speed}× speed`}</span>
        ) : null}
        <span class="soft">{view.id}</span>
      </div>
      <h1 tabIndex={-1}>{view.title}</h1>
      <p class="soft facts">
        <span>{view.service ?? 'No service named'}</span>
        <span>
          declared <Instant at={view.declaredAt} /> by {view.declaredBy.name}
        </span>
        <span>
          {view.acknowledgedAt ? (
            <>
              acknowledged <Instant at={view.acknowledgedAt} /> by {view.acknowledgedBy ?? 'somebody'}
            </>
          ) : (
            <strong class="warn-text">not acknowledged</strong>
          )}
        </span>
        <span>{view.alertsFiring === 1 ? '1 alert firing' : `${view.alertsFiring} alerts firing`}</span>
        {view.room ? <RoomLink /> : null}
        {view.publicUrl ? <a href={reachable(view.publicUrl, '/status')}>Public post</a> : null}
        {view.continues ? (
          <span>
            continues <a href={`/incidents/${view.continues}`}>{view.continues}</a>
          </span>
        ) : null}
      </p>
      {view.summary ? <p class="summary">{view.summary}</p> : null}
      {view.cause ? <Cause cause={view.cause} /> : null}
    </header>
  );
};

/** Who holds what, and what a person may ask for. */
export const RolesAndCommands = () => (
  <div class="incident-people">
    <Roles />
    <Commands />
  </div>
);

/** What diagnosis suspects comes as `suspected: ...`; what a person or a verified fix said comes plainly. */
const Cause = ({ cause }: { cause: string }) => {
  const suspected = /^suspected: (.*)$/s.exec(cause)?.[1];
  return (
    <p class="summary">
      <strong>{suspected ? 'Suspected cause:' : 'Cause:'}</strong> {suspected ?? cause}
    </p>
  );
};

/** The sandbox's vendors live under the reserved name `.example` (RFC 2606): their stand-in on our pages is meant. */
const reachable = (url: string, standIn: string): string =>
  /^https?:\/\/[^/]+\.example(?:[:/]|$)/.test(url) ? standIn : url;

const RoomLink = () => {
  const { view } = useScope();
  if (!view.room) return null;
  return (
    <span>
      <a href={reachable(view.room.url, '#sandbox')}>#{view.room.name.replace(/^#/, '')}</a>
      {view.room.missing.length > 0 ? <span class="warn-text"> (missing: {view.room.missing.join(', ')})</span> : null}
    </span>
  );
};

const Roles = () => {
  const { view, people, ask } = useScope();
  const me = useMe();
  const command = useCommand();
  const open = isOpen(view.status);
  const shown = (Object.keys(roleWords) as RoleName[]).filter(
    (role) => view.roles[role] || view.minimumRoles.includes(role) || role === 'commander',
  );
  const take = (role: RoleName) =>
    command.run(() => send(incidentPath(view.id, '/roles'), { role, person: me?.person.id }));
  return (
    <>
      <dl class="roles" aria-label="Roles">
        {shown.map((role) => {
          const holder = view.roles[role];
          const mine = holder?.person === me?.person.id;
          return (
            <div key={role} class="role">
              <dt>{roleWords[role]}</dt>
              <dd>
                {holder ? (
                  <span>{holder.name}</span>
                ) : (
                  <span class={open ? 'warn-text' : 'soft'}>{open ? 'nobody yet' : 'nobody'}</span>
                )}
                {open && me && !mine ? (
                  <button type="button" class="small" disabled={command.busy} onClick={() => void take(role)}>
                    Take<span class="visually-hidden"> {roleWords[role].toLowerCase()}</span>
                  </button>
                ) : null}
                {open && holder ? (
                  <button type="button" class="small" onClick={() => ask(handOverForm(view, role, people))}>
                    Hand over<span class="visually-hidden"> {roleWords[role].toLowerCase()}</span>
                  </button>
                ) : null}
              </dd>
            </div>
          );
        })}
      </dl>
      {command.problem ? <Failed problem={command.problem} /> : null}
    </>
  );
};

/** Commands by what the state allows; the API has the last word. */
const Commands = () => {
  const { view, ask } = useScope();
  const open = isOpen(view.status);
  const held = view.status === 'monitoring';
  if (!open) return null;
  return (
    <div class="buttons commands">
      {held ? null : (
        <>
          <button type="button" onClick={() => ask(escalateForm(view))}>
            Escalate…
          </button>
          <button type="button" onClick={() => ask(severityForm(view, severitiesOf(view.severity)))}>
            Severity…
          </button>
          {view.mitigatedAt ? null : (
            <button type="button" onClick={() => ask(mitigateForm(view))}>
              Mitigated…
            </button>
          )}
          <button type="button" onClick={() => ask(resolveForm(view))}>
            Resolve…
          </button>
        </>
      )}
      {held ? (
        <button type="button" onClick={() => ask(reopenForm(view))}>
          Reopen…
        </button>
      ) : null}
      <button type="button" class="quiet" onClick={() => ask(cancelForm(view))}>
        False alarm…
      </button>
    </div>
  );
};

/** Neighbours of the pack's own numbering (SEV1 gives SEV1 to SEV4); only suggestions, the pack decides. */
const severitiesOf = (severity: string): { value: string; label: string }[] => {
  const [, stem, digit] = /^(.*?)(\d)$/.exec(severity) ?? [];
  if (stem === undefined || digit === undefined) return [];
  const first = digit === '0' || /^p$/i.test(stem) ? 0 : 1;
  return Array.from({ length: 4 }, (_, step) => `${stem}${first + step}`).map((name) => ({ value: name, label: name }));
};
