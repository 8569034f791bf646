/** What rollbacks have in common, whatever kind of workload is rolled back. */
import {
  configMapsOf,
  environmentDifferences,
  imageDifferences,
  imagesOf,
  isMovingTag,
  tagOf,
} from '../../src/domain/kubernetes/rollout-history.ts';
import type { Template, Workload } from '../../src/schema/kubernetes.ts';
import type { Difference, Guard } from '../../src/schema/remediation.ts';
import type { ActionContext, Draft } from './action.ts';
import { labelsOf } from './cluster-reads.ts';
import { guard } from './guards.ts';
import { templateRequest } from './template-change.ts';

const unsafeLabel = 'muster.dev/rollback';

/** There and back between two templates: `to` is named by what keeps it, its ReplicaSet or ControllerRevision. */
export const rollBackDraft = (
  context: ActionContext,
  workload: Workload,
  from: { number: number },
  to: { number: number; name: string; template: Template },
): Omit<Draft, 'risks'> => {
  const { target, incidentId } = context;
  const present = workload.spec.template;
  const [before, after] = [release(from.number, present, to.template), release(to.number, to.template, present)];
  return {
    uid: workload.metadata.uid,
    sentence: `Roll back ${target.name} in ${target.namespace} from ${before} to ${after}`,
    before: { template: present },
    desired: { template: to.template },
    requests: [
      templateRequest(context, workload, {
        from: present,
        to: to.template,
        cause: `Muster rolled back to ${to.name} for ${incidentId}`,
      }),
    ],
    inverse: {
      sentence: `Return ${target.name} in ${target.namespace} to ${before}`,
      before: { template: to.template },
      desired: { template: present },
      requests: [
        templateRequest(context, workload, {
          from: to.template,
          to: present,
          cause: `Muster took its rollback back for ${incidentId}`,
          revert: true,
        }),
      ],
    },
    differences: releaseDifferences(present, to.template),
    undo: `The same change the other way round, back to ${before}; only while nobody has changed the template since.`,
  };
};

const releaseDifferences = (from: Template, to: Template): Difference[] => [
  ...imageDifferences(from, to),
  ...environmentDifferences(from, to),
];

/** "revision 5 (2.4.0-bad)": number for the cluster, tags of what differs for people. */
const release = (revision: number, template: Template, other: Template): string => {
  const differing = new Set(imageDifferences(template, other).map((one) => one.before));
  const images = imagesOf(template).map((one) => one.image);
  const shown = images.filter((image) => differing.has(image));
  const words = (shown.length > 0 ? shown : images.slice(0, 1)).map((image) => tagOf(image) ?? image);
  return `revision ${revision} (${words.join(', ')})`;
};

export const notMarkedUnsafe = (workload: Workload): Guard => {
  const marked = [workload.metadata.labels ?? {}, labelsOf(workload.spec.template)].some(
    (labels) => labels[unsafeLabel] === 'unsafe',
  );
  return marked
    ? guard('migration', false, `label ${unsafeLabel}: unsafe says that this release cannot be undone by going back`)
    : guard('migration', true, `no label ${unsafeLabel}: unsafe`);
};

export const destinationIsPinned = (from: Template, to: Template): Guard => {
  const moving = imageDifferences(from, to).flatMap((one) => (one.after && isMovingTag(one.after) ? [one.after] : []));
  return moving.length > 0
    ? guard('image', false, `${moving.join(', ')} is a moving tag: what it names now may be the bad release`)
    : guard('image', true, 'the earlier images are named by fixed tags');
};

/** What a rollback of a template leaves as it is, or to somebody else. */
export const leftBehind = (workload: Workload, to: Template): string[] => {
  const configMaps = [...new Set([...configMapsOf(workload.spec.template), ...configMapsOf(to)])];
  const managers = (workload.metadata.managedFields ?? [])
    .filter((one) => one.manager !== 'muster' && JSON.stringify(one.fieldsV1 ?? {}).includes('f:template'))
    .flatMap((one) => (one.manager ? [one.manager] : []));
  const names = [...new Set(managers)].sort();
  return [
    'The bad release is still in git: revert it there, or the next deployment brings it back.',
    configMaps.length > 0
      ? `ConfigMaps are not versioned and stay as they are: ${configMaps.join(', ')}.`
      : 'ConfigMaps and Secrets are not versioned and stay as they are.',
    ...(names.length > 0 ? [`The template was last written by ${names.join(', ')}, which may write it again.`] : []),
  ];
};
