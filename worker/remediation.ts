/** The remediation worker: the only holder of cluster credentials. Activities only, no inbound port, no workflow code. */
import { createRemediationActivities } from '../activities/run-action.ts';
import { remediationTaskQueue } from '../src/domain/names.ts';
import { connectCloudAccess } from '../src/integrations/registry.ts';
import { watchChanges } from './change-watcher.ts';
import { checkCloud, cloudUsesOf } from './cloud-check.ts';
import { checkDatabases } from './database-check.ts';
import { remediationDependencies } from './dependencies.ts';
import { needs } from './needs.ts';
import { checkPermissions } from './permission-check.ts';
import { runWorker } from './run.ts';

await runWorker('remediation-worker', async (config, log) => {
  const dependencies = await remediationDependencies(config, log);
  const closing = new AbortController();
  // Beside the start, never in front of it: plans find out by themselves what they may not do.
  void checkPermissions({ ...dependencies, needs, signal: closing.signal });
  void checkDatabases(dependencies);
  const access = connectCloudAccess(config);
  const uses = cloudUsesOf(dependencies, access?.answersSymptoms ?? false);
  void checkCloud({ access, uses, log, signal: closing.signal });
  void watchChanges({ ...dependencies, signal: closing.signal });
  return {
    options: {
      taskQueue: remediationTaskQueue,
      activities: createRemediationActivities(dependencies),
      // A request to the cluster that has been sent must be answered for before we go.
      shutdownGraceTime: '12 s',
      shutdownForceTime: '20 s',
    },
    close: () => {
      closing.abort();
      return dependencies.store.close();
    },
  };
});
