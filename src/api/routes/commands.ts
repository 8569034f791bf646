import type { z } from 'zod';
import { InvalidInput } from '../../domain/errors.ts';
import { severityNamed } from '../../domain/incident/severity.ts';
import {
  AcceptRoleBody,
  AcknowledgeBody,
  CancelBody,
  EscalateBody,
  MitigateBody,
  NoteBody,
  ReopenBody,
  ResolveBody,
  RoleBody,
  SeverityBody,
  UpdateBody,
} from '../../schema/api.ts';
import { IncidentView } from '../../schema/incident.ts';
import type { IncidentCommand, IncidentCommands } from '../../temporal/client.ts';
import type { App } from '../app.ts';
import { actorOf, type Principal, principalOf } from '../auth.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { may } from '../permissions.ts';
import { findIncident } from './find-incident.ts';
import { answers, commandProblems, describeOperation, IdempotencyHeaders, IncidentParams } from './operation.ts';
import { orWhyNot, updateIdOf } from './send-command.ts';

type Payload<Name extends IncidentCommand> = Omit<IncidentCommands[Name], 'by'>;

/** What people ask of an incident: validated and answered by its workflow, refused without a trace in its history. */
export const commandRoutes = async (app: App, dependencies: ApiDependencies): Promise<void> => {
  const { store, remote, rulebook } = dependencies;

  /** One command, one route: body in, the incident as it is afterwards out. */
  const command = <Body extends z.ZodType, Name extends IncidentCommand>(
    path: string,
    summary: string,
    body: Body,
    name: Name,
    payloadOf: (
      body: z.output<Body>,
      view: IncidentView,
      principal: Principal,
    ) => Payload<Name> | Promise<Payload<Name>>,
  ): void => {
    app.post(
      `/api/v1/incidents/:id/${path}`,
      {
        schema: {
          ...describeOperation('commands', summary),
          params: IncidentParams,
          headers: IdempotencyHeaders,
          body,
          response: answers({ 200: IncidentView }, commandProblems),
        },
      },
      async (request) => {
        const principal = principalOf(request);
        const view = await findIncident(store, request.params.id);
        const payload = await payloadOf(request.body as z.output<Body>, view, principal);
        const full = { ...payload, by: actorOf(principal) } as unknown as IncidentCommands[Name];
        const updateId = updateIdOf(principal.id, request.headers['idempotency-key']);
        return orWhyNot(view, remote.command(view.workflowId, name, full, updateId));
      },
    );
  };

  const asGiven = <T>(body: T): T => body;
  command('acknowledge', 'Say that you are on it; stops the paging', AcknowledgeBody, 'acknowledge', asGiven);
  command('escalate', 'Page the next duty, or the named one', EscalateBody, 'escalate', asGiven);
  command('severity', 'Change the severity', SeverityBody, 'changeSeverity', async ({ severity, reason }, view) => {
    // The policy it runs on knows its severities, whatever the pack's file says by now.
    const policy = (await store.incidents.policy(view.id)) ?? rulebook.pack(view.pack);
    return { severity: severityNamed(policy, severity) ?? severity, reason };
  });
  command('roles', 'Give a role to a person', RoleBody, 'takeRole', ({ role, person }) => ({
    role,
    person,
    name: personNamed(dependencies, person),
  }));
  command(
    'roles/offer',
    'Ask somebody to take a role over; its holder keeps it until they accept',
    RoleBody,
    'offerRole',
    ({ role, person }) => ({ role, person, name: personNamed(dependencies, person) }),
  );
  command(
    'roles/accept',
    'Accept a role you were offered, or as commander for whom it was offered to',
    AcceptRoleBody,
    'acceptRole',
    ({ role }, _, principal) => ({ role, onBehalf: may(principal, 'commander') }),
  );
  command('updates', 'Post an update to the room or to customers', UpdateBody, 'postUpdate', asGiven);
  command('notes', 'Add a note to the timeline', NoteBody, 'addNote', asGiven);
  command('mitigate', 'Say that customers are no longer hurt', MitigateBody, 'mitigate', asGiven);
  command('resolve', 'Start the hold; resolved when it stays quiet', ResolveBody, 'resolve', asGiven);
  command('reopen', 'Go on: the trouble is back', ReopenBody, 'reopen', asGiven);
  command('cancel', 'End what was no incident', CancelBody, 'cancel', asGiven);
};

const personNamed = ({ rulebook }: ApiDependencies, id: string): string => {
  const { people } = rulebook.organisation;
  const person = Object.hasOwn(people, id) ? people[id] : undefined;
  if (person) return person.name;
  if (id === 'operator') return 'Operator';
  throw new InvalidInput('the organisation has no such person; GET /api/v1/people lists them', [
    { path: 'person', message: 'the id of a person of the organisation' },
  ]);
};
