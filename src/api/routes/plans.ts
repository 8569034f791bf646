import { InvalidInput } from '../../domain/errors.ts';
import { holdsSecret } from '../../domain/redaction.ts';
import { targetKey } from '../../domain/remediation/target.ts';
import { AskPlan, PlannedAnswer } from '../../schema/api.ts';
import type { Target } from '../../schema/remediation.ts';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { answers, describeOperation, usualProblems } from './operation.ts';

export const planRoutes = async (app: App, { remote, rulebook }: ApiDependencies): Promise<void> => {
  app.post(
    '/api/v1/plans',
    {
      schema: {
        ...describeOperation('remediations', 'What an action would do now, with its difference; nothing is changed'),
        body: AskPlan,
        response: answers({ 200: PlannedAnswer }, usualProblems),
      },
    },
    async (request) => {
      const { action, target, params, service, runbook, drill } = request.body;
      // What goes on from here is kept in a history.
      if (holdsSecret(params))
        throw new InvalidInput('params hold what looks like a secret, and Muster keeps what it is given');
      const planned = await remote.preview({
        action,
        target,
        params,
        service: service ?? serviceOf(target),
        runbook: runbook ? { ...runbook, title: runbook.name, builtIn: false } : null,
        drill,
        at: new Date().toISOString(),
      });
      if (planned.kind === 'refused') return planned;
      return { kind: planned.kind, plan: planned.plan, mode: planned.mode.mode, because: planned.mode.because };
    },
  );

  const serviceOf = (target: Target): string | null =>
    Object.entries(rulebook.organisation.services).find(
      ([, { workload }]) => workload !== undefined && targetKey(workload) === targetKey(target),
    )?.[0] ?? null;
};
