/** The worker process: workflows, and every activity that tells people. Holds the vendors' tokens, no production credentials. */
import { createActivities } from '../activities/create-activities.ts';
import { createDrillActivities } from '../activities/drills.ts';
import { createShiftActivities } from '../activities/shift.ts';
import { taskQueue } from '../src/domain/names.ts';
import { connectCloudAccess } from '../src/integrations/registry.ts';
import { bundleCacheDirs, workflowBundle } from './bundle.ts';
import { checkCloud } from './cloud-check.ts';
import { drillStarter, roleDesk, workerDependencies } from './dependencies.ts';
import { runWorker } from './run.ts';

await runWorker('worker', async (config, log) => {
  const [dependencies, bundle] = await Promise.all([
    workerDependencies(config, log),
    workflowBundle(...bundleCacheDirs(config.MUSTER_DATA_DIR)),
  ]);
  log.debug({ cached: bundle.cached }, 'workflows bundled');
  const closing = new AbortController();
  // Symptoms are all that is asked of the cloud here. Beside the start, never in front of it.
  const access = connectCloudAccess(config);
  const uses = access?.answersSymptoms ? [{ capability: 'metrics' as const, groups: [] }] : [];
  void checkCloud({ access, uses, log, signal: closing.signal });
  return {
    options: {
      taskQueue,
      workflowBundle: { code: bundle.code },
      activities: {
        ...createActivities(dependencies),
        ...createDrillActivities(dependencies, drillStarter(config, dependencies)),
        ...createShiftActivities(dependencies, roleDesk(config)),
      },
      // Pages and messages on their way may end; vendors answer or time out within ten seconds.
      shutdownGraceTime: '8 s',
      shutdownForceTime: '15 s',
      // After a crash the next worker takes over this quickly.
      stickyQueueScheduleToStartTimeout: '2 s',
      maxCachedWorkflows: 500,
    },
    close: () => {
      closing.abort();
      return dependencies.store.close();
    },
  };
});
