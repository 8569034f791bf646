import { z } from 'zod';
import { Unavailable } from '../../src/domain/errors.ts';
import {
  chooseDestination,
  configMapsOf,
  environmentDifferences,
  imageDifferences,
  imagesOf,
  isMovingTag,
  revisionOf,
  tagOf,
  templateHash,
  withoutHash,
} from '../../src/domain/rollout-history.ts';
import type { Template, Workload } from '../../src/schema/kubernetes.ts';
import type { Guard } from '../../src/schema/remediation.ts';
import { defineAction, Refused } from './action.ts';
import { healthyWanted, labelsOf, readWorkload, replicaSetsOf } from './cluster-reads.ts';
import { guard, mayBeTouched, nobodyElseOwnsIt, notPaused, staysAvailable } from './guards.ts';
import { observeTemplate, templateIn, templateRequest, templateSettled } from './template-change.ts';

const unsafeLabel = 'muster.dev/rollback';

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

    const from = workload.spec.template;
    const to = withoutHash(choice.replicaSet.spec.template);
    const [before, after] = [release(choice.current, from, to), release(choice.replicaSet, to, from)];
    return {
      uid: workload.metadata.uid,
      sentence: `Roll back ${target.name} in ${target.namespace} from ${before} to ${after}`,
      before: { template: from },
      desired: { template: to },
      request: templateRequest(context, workload, {
        from,
        to,
        operationId: context.operationId,
        cause: `Muster rolled back to ${choice.replicaSet.metadata.name} for ${context.incidentId}`,
        annotated: workload.metadata.annotations !== undefined,
      }),
      inverse: {
        sentence: `Return ${target.name} in ${target.namespace} to ${before}`,
        before: { template: to },
        desired: { template: from },
        request: templateRequest(context, workload, {
          from: to,
          to: from,
          operationId: `${context.operationId}-revert`,
          cause: `Muster took its rollback back for ${context.incidentId}`,
          annotated: true,
        }),
      },
      differences: [...imageDifferences(from, to), ...environmentDifferences(from, to)],
      undo: `The same change the other way round, back to ${before}; only while nobody has changed the template since.`,
      risks: risksOf(workload, from, to),
    };
  },

  async assess({ cluster, target }, step) {
    const workload = await readWorkload(cluster, target);
    const budget = await healthyWanted(cluster, target, workload);
    return {
      blastClass: workload.spec.strategy?.type === 'Recreate' ? 'B3' : 'B2',
      guards: [
        mayBeTouched(target, workload),
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

/** "revision 5 (2.4.0-bad)": number for the cluster, tags of what differs for people. */
const release = (replicaSet: Parameters<typeof revisionOf>[0], template: Template, other: Template): string => {
  const differing = new Set(imageDifferences(template, other).map((one) => one.before));
  const images = imagesOf(template).map((one) => one.image);
  const shown = images.filter((image) => differing.has(image));
  const words = (shown.length > 0 ? shown : images.slice(0, 1)).map((image) => tagOf(image) ?? image);
  return `revision ${revisionOf(replicaSet)} (${words.join(', ')})`;
};

const notMarkedUnsafe = (workload: Workload): Guard => {
  const marked = [workload.metadata.labels ?? {}, labelsOf(workload.spec.template)].some(
    (labels) => labels[unsafeLabel] === 'unsafe',
  );
  return marked
    ? guard('migration', false, `label ${unsafeLabel}: unsafe says that this release cannot be undone by going back`)
    : guard('migration', true, `no label ${unsafeLabel}: unsafe`);
};

const destinationIsPinned = (from: Template, to: Template): Guard => {
  const moving = imageDifferences(from, to).flatMap((one) => (one.after && isMovingTag(one.after) ? [one.after] : []));
  return moving.length > 0
    ? guard('image', false, `${moving.join(', ')} is a moving tag: what it names now may be the bad release`)
    : guard('image', true, 'the earlier images are named by fixed tags');
};

const risksOf = (workload: Workload, from: Template, to: Template): string[] => {
  const configMaps = [...new Set([...configMapsOf(from), ...configMapsOf(to)])];
  const managers = (workload.metadata.managedFields ?? [])
    .filter((one) => one.manager !== 'muster' && JSON.stringify(one.fieldsV1 ?? {}).includes('f:template'))
    .flatMap((one) => (one.manager ? [one.manager] : []));
  const names = [...new Set(managers)].sort();
  return [
    'The bad release is still in git: revert it there, or the next deployment brings it back.',
    'Replicas are not rolled back: they stay as they are now.',
    configMaps.length > 0
      ? `ConfigMaps are not versioned and stay as they are: ${configMaps.join(', ')}.`
      : 'ConfigMaps and Secrets are not versioned and stay as they are.',
    ...(names.length > 0 ? [`The template was last written by ${names.join(', ')}, which may write it again.`] : []),
    ...(workload.spec.strategy?.type === 'Recreate'
      ? ['Strategy Recreate stops every pod before the first new one starts.']
      : []),
  ];
};
