/** The worker process: workflows, and every activity that tells people. Holds the vendors' tokens, no production credentials. */
import { createActivities } from '../activities/create-activities.ts';
import { createDrillActivities } from '../activities/drills.ts';
import { createShiftActivities } from '../activities/shift.ts';
import { taskQueue } from '../src/domain/names.ts';
import { bundleCacheDirs, workflowBundle } from './bundle.ts';
import { drillStarter, roleDesk, workerDependencies } from './dependencies.ts';
import { runWorker } from './run.ts';

await runWorker('worker', async (config, log) => {
  const [dependencies, bundle] = await Promise.all([
    workerDependencies(config, log),
    workflowBundle(...bundleCacheDirs(config.MUSTER_DATA_DIR)),
  ]);
  log.debug({ cached: bundle.cached }, 'workflows bundled');
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
    close: () => dependencies.store.close(),
  };
});
