import { z } from 'zod';
import { rulesFor } from '../../domain/remediation/mode-rules.ts';
import { trustRows } from '../../domain/remediation/trust.ts';
import { readRemediationFiles } from '../../packs/remediation-sources.ts';
import { TrustList } from '../../schema/trust.ts';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { answers, describeOperation, usualProblems } from './operation.ts';

const Query = z.object({
  /** Results of drills instead, which count for nothing else. */
  drills: z.enum(['true', 'false']).default('false'),
});

/** How runbooks did so far: the ground on which people promote them in a policy. */
export const trustRoutes = async (app: App, dependencies: ApiDependencies): Promise<void> => {
  const files = dependencies.remediation ?? readRemediationFiles();
  const policies = files.policies.map(({ policy }) => policy);

  app.get(
    '/api/v1/trust',
    {
      schema: {
        ...describeOperation(
          'remediations',
          'How each version of a runbook did, by action, environment and what was wrong, with what follows from it',
        ),
        querystring: Query,
        response: answers({ 200: TrustList }, usualProblems),
      },
    },
    async (request): Promise<TrustList> => {
      const drills = request.query.drills === 'true';
      const results = await dependencies.store.trust.results(drills);
      const items = trustRows(results, ({ environment, runbook }) => {
        const scope = { environment, cluster: '', namespace: '', service: null, runbook: { name: runbook } };
        return rulesFor(policies, { ...scope, drill: drills }).trust;
      });
      return { drills, items };
    },
  );
};
