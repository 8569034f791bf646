import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Conflict, InvalidInput } from '../../domain/errors.ts';
import { type Fact, type JudgedSeverity, severityNamed, severityNames } from '../../domain/incident/severity.ts';
import { assess } from '../../intake/assess.ts';
import { type Declaration, newIncident } from '../../intake/new-incident.ts';
import { storable } from '../../intake/payload.ts';
import { DeclareIncident, IncidentList, NextList, TimelineList, WhyList } from '../../schema/api.ts';
import {
  type Deadline,
  IncidentStatus,
  IncidentView,
  type TimelineEntry,
  type TimelineItem,
} from '../../schema/incident.ts';
import type { PackDocument } from '../../schema/policy.ts';
import type { App } from '../app.ts';
import { actorOf, principalOf } from '../auth.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { findIncident } from './find-incident.ts';
import { answers, describeOperation, IdempotencyHeaders, reading, usualProblems } from './operation.ts';
import { keyOf } from './send-command.ts';

const Query = z.object({
  /** One status or several, separated by commas. */
  status: z.string().max(200).optional(),
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const incidentRoutes = async (app: App, dependencies: ApiDependencies): Promise<void> => {
  const { store, rulebook, wake } = dependencies;

  app.post(
    '/api/v1/incidents',
    {
      schema: {
        ...describeOperation('incidents', 'Declare an incident; stored at once, worked on as soon as Temporal has it'),
        headers: IdempotencyHeaders,
        body: DeclareIncident,
        response: answers({ 201: IncidentView }, [...usualProblems, 409]),
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { body } = request;
      const pack = rulebook.pack(body.pack ?? null);
      const { services } = rulebook.organisation;
      const service = serviceOf(body.service, Object.keys(services));
      const chosen = body.severity === undefined ? null : severityOf(pack, body.severity);
      const judged = assess(pack, service === null ? null : (services[service] ?? null), answersOf(body));
      const severity = chosen ?? judged.severity;
      const given = request.headers['idempotency-key'];
      const declaredAt = new Date().toISOString();
      const declaration = {
        id: await store.incidents.allocateIncidentId(pack.incidentId, declaredAt),
        title: storable(body.title),
        summary: body.summary ? storable(body.summary) : null,
        severity,
        service,
        category: body.category ?? null,
        declaredAt,
        declaredBy: actorOf(principal),
        drill: false,
        speed: 1,
        alerts: [],
        continues: null,
        answers: answersOf(body),
        correlationKey: service ? `service:${service}` : `declared:${randomUUID()}`,
        idempotencyKey: given ? keyOf(principal.id, given) : null,
        overrides: await store.overrides.inForce(declaredAt),
      };
      const entries = chosen !== null && body.assessment === undefined ? [] : [judgement(declaration, judged)];
      const { incident, start } = newIncident(rulebook, pack, declaration, entries);
      const { view, existed } = await store.incidents.declare(incident, start);
      if (existed && view.title !== incident.view.title) {
        throw new Conflict(`this Idempotency-Key was used for ${view.id} with another title; choose a new key`);
      }
      wake();
      return reply.code(201).send(view);
    },
  );

  app.get(
    '/api/v1/incidents',
    {
      schema: {
        ...describeOperation('incidents', 'Incidents, newest first'),
        querystring: Query,
        response: answers({ 200: IncidentList }, usualProblems),
      },
    },
    async (request) => {
      const { status, cursor, limit } = request.query;
      return store.incidents.incidents({
        limit,
        ...(status === undefined ? {} : { status: statusesOf(status) }),
        ...(cursor === undefined ? {} : { cursor }),
      });
    },
  );

  app.get('/api/v1/incidents/:id', reading('incidents', 'One incident', IncidentView), async (request) =>
    findIncident(store, request.params.id),
  );

  app.get(
    '/api/v1/incidents/:id/timeline',
    reading('incidents', 'What happened, in order', TimelineList),
    async (request) => {
      await findIncident(store, request.params.id);
      return { items: await store.incidents.timeline(request.params.id) };
    },
  );

  app.get(
    '/api/v1/incidents/:id/next',
    reading('incidents', 'What happens by itself unless somebody acts, soonest first', NextList),
    async (request) => ({ items: await nextOf(dependencies, request.params.id) }),
  );

  app.get(
    '/api/v1/incidents/:id/why',
    reading('incidents', 'Which rule caused what was done by itself; the last page first', WhyList),
    async (request) => {
      await findIncident(store, request.params.id);
      return { items: whyOf(await store.incidents.timeline(request.params.id)) };
    },
  );
};

/** Deadlines of the incident, of approvals it waits for, and of what follows it. */
const nextOf = async ({ store }: ApiDependencies, id: string): Promise<z.infer<typeof Deadline>[]> => {
  const view = await findIncident(store, id);
  const [remediations, followUp] = await Promise.all([
    store.remediations.remediations(id),
    store.followUps.followUp(id),
  ]);
  const approvals = remediations
    .filter(({ status, expiresAt }) => status === 'awaitingApproval' && expiresAt !== null)
    .map((remediation) => ({
      name: `approval:${remediation.id}`,
      dueAt: remediation.expiresAt ?? '',
      action: `drop the plan unless approved: ${remediation.plan?.sentence ?? remediation.action}`,
      who: remediation.approverRoles.join(' or ') || 'a commander',
      why: `an approval of pack ${view.pack} waits only so long`,
    }));
  return [...view.deadlines, ...approvals, ...(followUp?.deadlines ?? [])].sort((a, b) =>
    a.dueAt.localeCompare(b.dueAt),
  );
};

const whyOf = (timeline: TimelineItem[]): { at: string; text: string; why: string }[] => {
  const explained = timeline.flatMap(({ at, kind, text, why }) => (why === null ? [] : [{ at, kind, text, why }]));
  const newestFirst = explained.reverse();
  const lastPage = newestFirst.find(({ kind }) => kind === 'paged');
  return [...(lastPage ? [lastPage] : []), ...newestFirst.filter((entry) => entry !== lastPage)].map(
    ({ at, text, why }) => ({ at, text, why }),
  );
};

/** The category is a fact like any answer. */
const answersOf = ({ assessment, category }: DeclareIncident): Record<string, Fact> => ({
  ...assessment,
  ...(category === undefined ? {} : { category }),
});

/** The first line of the timeline: what the answers come to, whether or not a person chose otherwise. */
const judgement = ({ severity, declaredAt, declaredBy }: Declaration, judged: JudgedSeverity): TimelineEntry => ({
  key: 'declaration/severity',
  at: declaredAt,
  kind: 'note',
  actor: { kind: 'muster', id: 'muster', name: 'Muster' },
  text:
    severity === judged.severity
      ? `Judged as ${severity}.`
      : `The answers say ${judged.severity}; ${declaredBy.name} chose ${severity}.`,
  why: judged.because,
  public: false,
});

const severityOf = (pack: PackDocument, given: string): string => {
  const known = severityNamed(pack, given);
  if (known) return known;
  const names = severityNames(pack).join(', ');
  throw new InvalidInput(`the pack ${pack.pack} has no such severity; give one of ${names}`, [
    { path: 'severity', message: `one of ${names}` },
  ]);
};

/** A typing error here would page the fallback group for a service that is known. */
const serviceOf = (given: string | undefined, known: string[]): string | null => {
  if (given === undefined) return null;
  if (known.includes(given)) return given;
  throw new InvalidInput(`the catalogue has no such service; give one of ${known.join(', ')}, or none`, [
    { path: 'service', message: `one of ${known.join(', ')}` },
  ]);
};

const statusesOf = (text: string): IncidentStatus[] => {
  const parsed = z.array(IncidentStatus).safeParse(text.split(',').map((word) => word.trim()));
  if (parsed.success) return parsed.data;
  const known = IncidentStatus.options.join(', ');
  throw new InvalidInput(`a status is one of ${known}; separate several by commas`, [
    { path: 'status', message: `one of ${known}` },
  ]);
};
