import type { Workload } from '../../src/schema/kubernetes.ts';
import type { Guard } from '../../src/schema/remediation.ts';
import { guard } from './guards.ts';
import { revisionRollBack } from './revision-roll-back.ts';

/**
 * Returns a StatefulSet to the template of one chosen earlier revision. Its pods follow from the highest ordinal down;
 * volumes, and the data in them, stay as the bad release left them. A broken pod that blocks the way is reported, not
 * deleted: that is a change of its own, with a yes of its own.
 */
export const rollBackStatefulSet = revisionRollBack({
  name: 'roll-back-statefulset',
  title: 'Roll a StatefulSet back to an earlier revision',
  kind: 'StatefulSet',
  resource: 'apps/statefulsets',
  blastClass: 'B2',
  guards: (workload) => [reachesAPod(workload)],
  risks: (workload) => [
    'Volumes are not rolled back: the earlier release must be able to read what the bad one wrote.',
    ...(workload.spec.podManagementPolicy === 'Parallel'
      ? []
      : [
          'Pods are replaced in order and the controller waits for each: a broken pod of the bad revision blocks the rollback and must be deleted by a person once the change is applied; it then comes back on the earlier revision.',
        ]),
    ...(partitionOf(workload) > 0
      ? [
          `Its partition is ${partitionOf(workload)}: only pods from that ordinal on follow, those below stay on revision ${workload.status.currentRevision ?? 'they have'}.`,
        ]
      : []),
  ],
});

const partitionOf = (workload: Workload): number => workload.spec.updateStrategy?.rollingUpdate?.partition ?? 0;

/** A partition above the last pod holds every template change back, the bad one too. */
const reachesAPod = (workload: Workload): Guard => {
  const [partition, replicas] = [partitionOf(workload), workload.spec.replicas ?? 1];
  return partition > 0 && partition >= replicas
    ? guard('partition', false, `its partition of ${partition} holds all ${replicas} pods back: no pod would change`)
    : guard(
        'partition',
        true,
        partition > 0 ? `${replicas - partition} of ${replicas} pods are above its partition` : 'it has no partition',
      );
};
