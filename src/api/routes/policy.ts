import { z } from 'zod';
import { InvalidInput, NotFound } from '../../domain/errors.ts';
import { dutiesOf } from '../../domain/incident/escalation.ts';
import { changesFor, counterpartOf, type PolicyChange, policyDiff } from '../../domain/incident/policy-diff.ts';
import { placeOf, promisesOf, severitiesByRank } from '../../domain/incident/policy-in-words.ts';
import { severityNamed, severityNames } from '../../domain/incident/severity.ts';
import { sha256 } from '../../domain/sha256.ts';
import { momentsFor } from '../../packs/moments.ts';
import { ApplyPolicyBody, AssessmentView, IncidentPolicy, PolicyDifference } from '../../schema/api.ts';
import { IncidentView, type TimelineEntry } from '../../schema/incident.ts';
import type { Policy } from '../../schema/policy.ts';
import type { App } from '../app.ts';
import { actorOf, type Principal, principalOf } from '../auth.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { findIncident } from './find-incident.ts';
import {
  answers,
  commandProblems,
  describeOperation,
  IdempotencyHeaders,
  IncidentParams,
  reading,
  usualProblems,
} from './operation.ts';
import { orWhyNot, updateIdOf } from './send-command.ts';

const PackQuery = z.object({
  /** Pack id; the incident's own (or the installation's) when absent. */
  pack: z.string().max(80).optional(),
});

/** What an incident promises, what another policy would change, and the change itself. */
export const policyRoutes = async (app: App, dependencies: ApiDependencies): Promise<void> => {
  const { store, rulebook, remote } = dependencies;

  app.get(
    '/api/v1/incidents/:id/policy',
    reading('policy', 'The policy an incident runs on, one sentence per promise', IncidentPolicy),
    async (request) => {
      const view = await findIncident(store, request.params.id);
      const policy = await policyOf(dependencies, view);
      const promises = promisesOf(policy).map((promise) => ({
        severity: promise.severity,
        place: placeOf(promise),
        text: promise.text,
      }));
      return { incidentId: view.id, pack: policy.pack, severity: view.severity, promises, policy };
    },
  );

  app.get(
    '/api/v1/incidents/:id/policy/diff',
    {
      schema: {
        ...describeOperation('policy', 'What would change under the pack as it is loaded now, or under another pack'),
        params: IncidentParams,
        querystring: PackQuery,
        response: answers({ 200: PolicyDifference }, usualProblems),
      },
    },
    async (request) => {
      const view = await findIncident(store, request.params.id);
      const { before, after } = await twoPolicies(dependencies, view, request.query.pack);
      const changes = policyDiff(before, after);
      await store.incidents.appendEntries(view.id, [compared(principalOf(request), after.pack, changes)]);
      return {
        incidentId: view.id,
        from: before.pack,
        to: after.pack,
        matchedBy: before.pack === after.pack ? 'name' : 'rank',
        severity: { before: view.severity, after: counterpartOf(view.severity, before, after) },
        changes,
      };
    },
  );

  app.post(
    '/api/v1/incidents/:id/policy/apply',
    {
      schema: {
        ...describeOperation('policy', 'Go on under the pack as it is loaded now, or under another pack'),
        params: IncidentParams,
        headers: IdempotencyHeaders,
        body: ApplyPolicyBody,
        response: answers({ 200: IncidentView }, commandProblems),
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const view = await findIncident(store, request.params.id);
      const { pack, severity: given, reason } = request.body;
      const { before, after } = await twoPolicies(dependencies, view, pack);
      const severity = severityUnder(after, given, counterpartOf(view.severity, before, after));
      const changes = policyDiff(before, after);
      if (changes.length === 0 && severity === view.severity) return view;
      const { organisation } = rulebook;
      const team = rulebook.service(view.service)?.team;
      const now = new Date().toISOString();
      const command = {
        by: actorOf(principal),
        policy: after,
        severity,
        roster: rulebook.roster(dutiesOf(after), now, team, await store.overrides.inForce(now)),
        moments: momentsFor(after, organisation, view.declaredAt),
        reason,
        summary: changesFor(severity, changes),
      };
      const updateId = updateIdOf(principal.id, request.headers['idempotency-key']);
      const changed = await orWhyNot(view, remote.command(view.workflowId, 'applyPolicy', command, updateId));
      // The workflow records it as well, should this process die here; whoever asks next sees it at once.
      await store.incidents.keepPolicy(view.id, after);
      return changed;
    },
  );

  app.get(
    '/api/v1/assessment',
    {
      schema: {
        ...describeOperation('policy', 'What a pack asks of whoever declares, and which categories it knows'),
        querystring: PackQuery,
        response: answers({ 200: AssessmentView }, usualProblems),
      },
    },
    async (request) => {
      const pack = rulebook.pack(request.query.pack ?? null);
      return {
        pack: pack.pack,
        title: pack.title,
        severities: severitiesByRank(pack).map(([name, { title, meaning }]) => ({ name, title, meaning })),
        questions: pack.assessment.map(({ signal, question, answers: known }) => ({
          signal,
          question,
          answers: known ?? null,
        })),
        categories: Object.entries(pack.routing).map(([category, team]) => ({ category, team })),
      };
    },
  );
};

const policyOf = async ({ store }: ApiDependencies, view: IncidentView): Promise<Policy> => {
  const policy = await store.incidents.policy(view.id);
  if (policy) return policy;
  throw new NotFound(
    `the policy of ${view.id} is not kept here, because its declaration could not be stored; see its workflow ${view.workflowId} in Temporal`,
  );
};

const twoPolicies = async (
  dependencies: ApiDependencies,
  view: IncidentView,
  pack: string | undefined,
): Promise<{ before: Policy; after: Policy }> => {
  const before = await policyOf(dependencies, view);
  const { rulebook } = dependencies;
  return { before, after: rulebook.policy(rulebook.pack(pack ?? before.pack)) };
};

const severityUnder = (policy: Policy, given: string | undefined, counterpart: string | null): string => {
  const severity = given === undefined ? counterpart : severityNamed(policy, given);
  if (severity) return severity;
  const known = severityNames(policy).join(', ');
  const fault = given === undefined ? 'has no severity of this rank' : 'has no such severity';
  throw new InvalidInput(`the pack ${policy.pack} ${fault}; give one of ${known}`, [
    { path: 'severity', message: `one of ${known}` },
  ]);
};

/** Written here and not by the workflow: looking decides nothing, and is possible while Temporal is away. */
const compared = (principal: Principal, pack: string, changes: readonly PolicyChange[]): TimelineEntry => {
  const found = JSON.stringify([principal.id, pack, changes.map(({ text }) => text)]);
  const count =
    changes.length === 0 ? 'no difference' : changes.length === 1 ? '1 difference' : `${changes.length} differences`;
  return {
    key: `policy-diff/${sha256(found).slice(0, 32)}`,
    at: new Date().toISOString(),
    kind: 'note',
    actor: actorOf(principal),
    text: `${principal.name} compared the policy with ${pack}: ${count}.`,
    why: null,
    public: false,
  };
};
