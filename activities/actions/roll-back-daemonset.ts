import { revisionRollBack } from './revision-roll-back.ts';

/** Returns a DaemonSet to the template of one chosen earlier revision, node by node: every node is touched, hence B3. */
export const rollBackDaemonSet = revisionRollBack({
  name: 'roll-back-daemonset',
  title: 'Roll a DaemonSet back to an earlier revision',
  kind: 'DaemonSet',
  resource: 'apps/daemonsets',
  blastClass: 'B3',
  guards: () => [],
  risks: (workload) => [
    `It runs on ${workload.status.desiredNumberScheduled ?? 'all'} nodes, and each loses its pod for a moment.`,
  ],
});
