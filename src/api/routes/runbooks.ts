import { runbookBoard } from '../../domain/runbook/board.ts';
import { readRemediationFiles } from '../../packs/remediation-sources.ts';
import { runbookActions } from '../../schema/runbook-actions.ts';
import { RunbookBoard } from '../../schema/runbook-board.ts';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { answers, describeOperation, usualProblems } from './operation.ts';

/** What is loaded, how far each runbook may go by itself, and how well it did. */
export const runbookRoutes = async (app: App, { store, rulebook, remediation }: ApiDependencies): Promise<void> => {
  const files = remediation ?? readRemediationFiles();
  const { organisation } = rulebook;
  const coolDownMs = Math.max(...files.policies.map(({ policy }) => policy.storm?.coolDown ?? 0));
  const named = (id: string) => ({ id, name: organisation.people[id]?.name ?? id });

  app.get(
    '/api/v1/runbooks',
    {
      schema: {
        ...describeOperation(
          'remediations',
          'Every runbook and policy that is loaded: matches, steps, the mode of each and why, results, breakers, stops, freezes',
        ),
        response: answers({ 200: RunbookBoard }, usualProblems),
      },
    },
    async (): Promise<RunbookBoard> => {
      const now = Date.now();
      const at = new Date(now).toISOString();
      const [results, practised, stops, breakers, unwell] = await Promise.all([
        store.trust.results(false),
        store.trust.results(true),
        store.stops.stops(),
        store.limits.openBreakers(at),
        store.limits.unwellServices({ drill: false, since: new Date(now - coolDownMs).toISOString() }),
      ]);
      return runbookBoard(files, {
        at,
        organisation,
        results,
        practised,
        stops: stops.map((stop) => ({ ...stop, by: named(stop.by) })),
        breakers,
        unwell,
        classesOf: (action) => runbookActions.get(action)?.classes ?? [],
      });
    },
  );
};
