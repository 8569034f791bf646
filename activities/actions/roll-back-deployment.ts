import { z } from 'zod';
import { Unavailable } from '../../src/domain/errors.ts';
import {
  chooseDestination,
  revisionOf,
  templateHash,
  withoutHash,
} from '../../src/domain/kubernetes/rollout-history.ts';
import { defineAction, Refused } from './action.ts';
import { healthyWanted, readWorkload, replicaSetsOf } from './cluster-reads.ts';
import { mayBeTouched, nobodyElseOwnsIt, notPaused, staysAvailable } from './guards.ts';
import { destinationIsPinned, leftBehind, notMarkedUnsafe, rollBackDraft } from './roll-back.ts';
import { observeTemplate, templateIn, templateSettled } from './template-change.ts';

/**
 * Returns a Deployment to the template of one chosen earlier ReplicaSet. The choice is made once, in the plan, and
 * carried as the template itself: repeating the request, or the whole run, never goes back and forth.
 * Replicas, ConfigMaps and Secrets stay as they are.
 */
export const rollBackDeployment = defineAction({
  name: 'roll-back-deployment',
  version: 1,
  title: 'Roll a Deployment back to an earlier revision',
  kinds: ['Deployment'],
  weighsAs: 'image',
  params: z.strictObject({
    /** A person's own choice; otherwise the plan chooses. */
    revision: z.number().int().min(1).optional(),
  }),
  permissions: [
    'apps/deployments: get, patch',
    'apps/replicasets: list',
    'pods: list',
    'policy/poddisruptionbudgets: list',
  ],

  async draft(context, params) {
    const { cluster, target } = context;
    const workload = await readWorkload(cluster, target);
    if (workload.spec.revisionHistoryLimit === 0)
      throw new Refused('its revisionHistoryLimit is 0, so the cluster keeps no earlier revision');
    const choice = chooseDestination({
      deployment: workload,
      owned: await replicaSetsOf(cluster, target, workload),
      bad: context.badRevisions,
      revision: params.revision ?? null,
    });
    if (choice.kind === 'wait') throw new Unavailable(choice.because);
    if (choice.kind === 'none') throw new Refused(choice.because);

    const { current, replicaSet } = choice;
    const to = {
      number: revisionOf(replicaSet),
      name: replicaSet.metadata.name,
      template: withoutHash(replicaSet.spec.template),
    };
    return {
      ...rollBackDraft(context, workload, { number: revisionOf(current) }, to),
      risks: [
        ...leftBehind(workload, to.template),
        'Replicas are not rolled back: they stay as they are now.',
        ...(workload.spec.strategy?.type === 'Recreate'
          ? ['Strategy Recreate stops every pod before the first new one starts.']
          : []),
      ],
    };
  },

  async assess(context, step) {
    const { cluster, target } = context;
    const workload = await readWorkload(cluster, target);
    const budget = await healthyWanted(context, workload);
    return {
      blastClass: workload.spec.strategy?.type === 'Recreate' ? 'B3' : 'B2',
      guards: [
        mayBeTouched(context, workload),
        nobodyElseOwnsIt(workload),
        notPaused(workload),
        notMarkedUnsafe(workload),
        destinationIsPinned(templateIn(step.before), templateIn(step.desired)),
        staysAvailable(workload, target.kind, budget),
      ],
    };
  },

  observe: observeTemplate,
  settled: (context) => templateSettled(context),
  abandons: (step) => templateHash(templateIn(step.before)),
});
