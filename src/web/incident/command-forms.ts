/** What each command of an incident asks and sends; one entry per POST of the API. */
import type { IncidentView, RoleName } from '../../schema/incident.ts';
import type { CommandForm } from '../parts/command-dialog.tsx';
import { roleWords } from '../parts/status-word.ts';
import { incidentPath, send } from '../server/client.ts';

type Options = readonly { value: string; label: string }[];

/** Fields left empty are not sent. */
const given = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));

export const acknowledge = (view: IncidentView) => (): Promise<unknown> =>
  send(incidentPath(view.id, '/acknowledge'), {});

export const escalateForm = (view: IncidentView): CommandForm => ({
  title: 'Escalate',
  effect: 'The next open step of the ladder is paged at once. It cannot be taken back.',
  submit: 'Escalate now',
  fields: [
    { name: 'reason', label: 'Why', kind: 'lines', required: true, hint: 'The paged person reads this first.' },
    { name: 'to', label: 'To which duty', kind: 'line', hint: 'Empty: the next step of the ladder.' },
  ],
  send: (values) => send(incidentPath(view.id, '/escalate'), given(values)),
});

export const severityForm = (view: IncidentView, severities: Options): CommandForm => ({
  title: 'Change severity',
  effect: `It is ${view.severity} now. Ladder, roles and update times follow the new severity at once, counted from the declaration.`,
  submit: 'Change severity',
  fields: [
    {
      name: 'severity',
      label: 'New severity',
      kind: 'line',
      required: true,
      value: view.severity,
      options: severities,
    },
    { name: 'reason', label: 'Why', kind: 'lines' },
  ],
  send: (values) => send(incidentPath(view.id, '/severity'), given(values)),
});

export const handOverForm = (view: IncidentView, role: RoleName, people: Options): CommandForm => ({
  title: `Hand over: ${roleWords[role].toLowerCase()}`,
  effect: 'The new holder stands in the room, on this page and in the updates from now on.',
  submit: 'Hand over',
  fields: [
    {
      name: 'person',
      label: 'To whom',
      kind: 'line',
      required: true,
      options: people,
      hint: 'Person id, as in the organisation.',
    },
  ],
  send: (values) => send(incidentPath(view.id, '/roles'), { role, person: values.person }),
});

export const mitigateForm = (view: IncidentView): CommandForm => ({
  title: 'Mark as mitigated',
  effect: 'Customers are no longer hurt. The quiet time begins and nobody is woken while it runs.',
  submit: 'Mark as mitigated',
  fields: [
    { name: 'note', label: 'What helped', kind: 'lines' },
    { name: 'cause', label: 'Cause, as far as you know', kind: 'lines', value: view.cause ?? '' },
  ],
  send: (values) => send(incidentPath(view.id, '/mitigate'), given(values)),
});

export const resolveForm = (view: IncidentView): CommandForm => ({
  title: 'Resolve',
  effect:
    'Starts the quiet time. If the symptoms stay away, Muster says resolved by itself; if they return, it reopens.',
  submit: 'Start the quiet time',
  fields: [
    { name: 'note', label: 'What fixed it', kind: 'lines' },
    { name: 'cause', label: 'Cause, as far as you know', kind: 'lines', value: view.cause ?? '' },
  ],
  send: (values) => send(incidentPath(view.id, '/resolve'), given(values)),
});

export const reopenForm = (view: IncidentView): CommandForm => ({
  title: 'Reopen',
  effect: 'Ends the quiet time and goes back to work on the same timeline.',
  submit: 'Reopen',
  fields: [{ name: 'reason', label: 'What came back', kind: 'lines', required: true }],
  send: (values) => send(incidentPath(view.id, '/reopen'), given(values)),
});

export const cancelForm = (view: IncidentView): CommandForm => ({
  title: 'Cancel this incident',
  effect: 'For a false alarm. Paging and promises end; the timeline stays.',
  submit: 'Cancel the incident',
  fields: [{ name: 'reason', label: 'Why it is not an incident', kind: 'lines', required: true }],
  send: (values) => send(incidentPath(view.id, '/cancel'), given(values)),
});

export const actionItemForm = (incidentId: string, people: Options): CommandForm => ({
  title: 'Add an action item',
  effect: 'Muster reminds the owner until it is done.',
  submit: 'Add',
  fields: [
    { name: 'text', label: 'What will be better', kind: 'lines', required: true },
    { name: 'owner', label: 'Owner', kind: 'line', required: true, options: people },
    { name: 'dueAt', label: 'Due', kind: 'date' },
  ],
  send: (values) =>
    send(incidentPath(incidentId, '/action-items'), {
      text: values.text,
      owner: values.owner,
      ...(values.dueAt ? { dueAt: new Date(`${values.dueAt}T12:00:00`).toISOString() } : {}),
    }),
});
