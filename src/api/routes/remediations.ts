import { z } from 'zod';
import { InvalidInput, NotFound, Unavailable } from '../../domain/errors.ts';
import { holdsSecret } from '../../domain/redaction.ts';
import { sealOf } from '../../domain/remediation/approval-seal.ts';
import { sha256 } from '../../domain/sha256.ts';
import { DecideRemediation, ProposeRemediation, RemediationItem } from '../../schema/api.ts';
import { Evidence } from '../../schema/evidence.ts';
import { RemediationView } from '../../schema/remediation.ts';
import type { App } from '../app.ts';
import { actorOf, principalOf } from '../auth.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { checkDecision } from '../permissions.ts';
import { findIncident, named } from './find-incident.ts';
import {
  answers,
  commandProblems,
  describeOperation,
  IdempotencyHeaders,
  IncidentParams,
  reading,
} from './operation.ts';
import { orWhyNot, updateIdOf } from './send-command.ts';

export const remediationRoutes = async (app: App, { store, remote, approvalKey }: ApiDependencies): Promise<void> => {
  app.get(
    '/api/v1/incidents/:id/remediations',
    reading(
      'remediations',
      'Runs of actions, with plan, decisions and outcome',
      z.object({ items: z.array(RemediationView) }),
    ),
    async (request) => {
      await findIncident(store, request.params.id);
      return { items: await store.remediations.remediations(request.params.id) };
    },
  );

  app.post(
    '/api/v1/incidents/:id/remediations',
    {
      schema: {
        ...describeOperation('remediations', 'Propose an action on a target; it is planned, then waits for approval'),
        params: IncidentParams,
        headers: IdempotencyHeaders,
        body: ProposeRemediation,
        response: answers({ 202: RemediationItem }, commandProblems),
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const view = await findIncident(store, request.params.id);
      const { action, target, params, because, emergency } = request.body;
      // What goes on from here is kept in histories and records for good.
      if (holdsSecret(params)) {
        throw new InvalidInput(
          'params hold what looks like a secret, and Muster keeps what it is given; change secrets where they live',
        );
      }
      const updateId = updateIdOf(principal.id, request.headers['idempotency-key']);
      const remediationId = `${view.id}-${sha256(updateId).slice(0, 8)}`;
      await orWhyNot(
        view,
        remote.command(
          view.workflowId,
          'proposeRemediation',
          {
            by: actorOf(principal),
            remediationId,
            action,
            target,
            params,
            because: because ?? `${principal.name} proposed it`,
            emergency,
          },
          updateId,
        ),
      );
      return reply
        .code(202)
        .send({ id: remediationId, action, target, status: 'planning', planHash: null, plan: null, expiresAt: null });
    },
  );

  const decision = (verdict: 'approve' | 'deny', summary: string): void => {
    app.post(
      `/api/v1/incidents/:id/remediations/:rid/${verdict}`,
      {
        schema: {
          ...describeOperation('remediations', summary),
          params: IncidentParams.extend({ rid: z.string().min(1).max(300) }),
          headers: IdempotencyHeaders,
          body: DecideRemediation,
          response: answers({ 200: RemediationView }, commandProblems),
        },
      },
      async (request) => {
        const principal = principalOf(request);
        const incident = await findIncident(store, request.params.id);
        const rid = request.params.rid;
        const view = await named(rid, store.remediations.remediation);
        if (!view || (view.incidentId !== incident.id && !view.joined.includes(incident.id))) {
          throw new NotFound(`${incident.id} has no such remediation; GET its remediations for their ids`);
        }
        checkDecision(principal, view, verdict);
        const { planHash, reason } = request.body;
        if (approvalKey === null)
          throw new Unavailable(
            'decisions cannot be sealed here: set MUSTER_APPROVAL_KEY, the same for api and remediation worker',
          );
        const sealedAt = new Date().toISOString();
        const seal = sealOf(approvalKey, {
          sealedAt,
          remediationId: view.id,
          personId: principal.id,
          verdict: verdict === 'approve' ? 'approved' : 'denied',
          planHash,
        });
        const updateId = updateIdOf(principal.id, request.headers['idempotency-key']);
        return orWhyNot(
          incident,
          remote.decide(
            view.target,
            verdict,
            { by: actorOf(principal), remediationId: view.id, planHash, reason, seal, sealedAt },
            updateId,
          ),
        );
      },
    );
  };
  decision('approve', 'Say yes to exactly this plan');
  decision('deny', 'Say no to this plan');

  app.get(
    '/api/v1/incidents/:id/evidence',
    reading('remediations', 'What was found about the cause', Evidence),
    async (request) => {
      const { id } = await findIncident(store, request.params.id);
      const evidence = await store.remediations.evidence(id);
      if (!evidence) throw new NotFound(`no evidence was gathered for ${id} yet; look again in a minute`);
      return evidence;
    },
  );
};
