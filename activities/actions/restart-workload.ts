import { z } from 'zod';
import { troubleOf } from '../../src/domain/kubernetes/rollout.ts';
import { restartAnnotation } from '../../src/domain/kubernetes/rollout-history.ts';
import type { Pod, Template } from '../../src/schema/kubernetes.ts';
import type { Guard } from '../../src/schema/remediation.ts';
import { defineAction } from './action.ts';
import { allPodsOf, healthyWanted, readWorkload } from './cluster-reads.ts';
import {
  guard,
  mayBeTouched,
  nobodyElseOwnsIt,
  noRolloutInProgress,
  notPaused,
  replacesItsPods,
  staysAvailable,
} from './guards.ts';
import { observeTemplate, templateRequest, templateSettled } from './template-change.ts';

/**
 * Replaces all pods of a workload by new ones of the same release, as its own strategy allows. The stamp on the
 * template is the operation id: a clock would give each repetition another one, and another restart.
 */
export const restartWorkload = defineAction({
  name: 'restart-workload',
  version: 1,
  title: 'Restart the pods of a workload, one after the other',
  kinds: ['Deployment', 'StatefulSet', 'DaemonSet'],
  weighsAs: 'scale',
  params: z.strictObject({}),
  permissions: [
    'apps/deployments, apps/statefulsets, apps/daemonsets: get, patch',
    'apps/replicasets, apps/controllerrevisions: list',
    'pods: list',
    'policy/poddisruptionbudgets: list',
  ],

  async draft(context) {
    const { target, operationId } = context;
    const workload = await readWorkload(context.cluster, target);
    const from = workload.spec.template;
    const to = stamped(from, operationId);
    return {
      uid: workload.metadata.uid,
      sentence: `Restart ${target.name} in ${target.namespace}, its pods one after the other, on the same release`,
      before: { template: from },
      desired: { template: to },
      requests: [
        templateRequest(context, workload, {
          from,
          to,
          cause: `Muster restarted it for ${context.incidentId}`,
        }),
      ],
      inverse: null,
      differences: [
        { path: `annotation ${restartAnnotation} of the template`, before: stampOf(from), after: operationId },
      ],
      undo: 'Nothing takes a restart back: the old pods are gone. The release stays the same.',
      risks: [
        'What pods hold in memory is lost.',
        'If the release itself is at fault, the new pods fail like the old ones.',
      ],
    };
  },

  async assess(context) {
    const { cluster, target } = context;
    const workload = await readWorkload(cluster, target);
    const budget = await healthyWanted(context, workload);
    return {
      blastClass: target.kind === 'DaemonSet' || workload.spec.strategy?.type === 'Recreate' ? 'B3' : 'B2',
      guards: [
        mayBeTouched(context, workload),
        nobodyElseOwnsIt(workload),
        notPaused(workload),
        replacesItsPods(workload.spec.updateStrategy?.type),
        noRolloutInProgress(workload, target.kind),
        canHelp(await allPodsOf(cluster, target, workload)),
        staysAvailable(workload, target.kind, budget),
      ],
    };
  },

  observe: observeTemplate,
  settled: (context) => templateSettled(context),
});

/** Pods that cannot even start will not start a second time either. */
const canHelp = (pods: Pod[]): Guard => {
  const hopeless = pods.filter((pod) => {
    const trouble = troubleOf(pod);
    return trouble?.lasting === true && trouble.reason !== 'OOMKilled' && trouble.reason !== 'Restarting';
  });
  return pods.length > 0 && hopeless.length === pods.length
    ? guard(
        'helps',
        false,
        `all ${pods.length} pods fail to start (${troubleOf(hopeless[0] as Pod)?.reason}): the same release would fail again`,
      )
    : guard('helps', true, `${pods.length - hopeless.length} of ${pods.length} pods can start`);
};

type Annotated = { metadata?: { annotations?: Record<string, string> } };

const stampOf = (template: Template): string | null =>
  (template as Annotated).metadata?.annotations?.[restartAnnotation] ?? null;

const stamped = (template: Template, operationId: string): Template => {
  const metadata = (template as Annotated).metadata ?? {};
  return {
    ...template,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [restartAnnotation]: operationId } },
  };
};
