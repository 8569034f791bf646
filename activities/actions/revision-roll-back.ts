/** Rolling back what keeps its history in ControllerRevisions; StatefulSet and DaemonSet say what is their own. */
import { z } from 'zod';
import { Unavailable } from '../../src/domain/errors.ts';
import { chooseRevision } from '../../src/domain/kubernetes/controller-revisions.ts';
import { templateHash } from '../../src/domain/kubernetes/rollout-history.ts';
import type { Workload } from '../../src/schema/kubernetes.ts';
import type { BlastClass, Guard } from '../../src/schema/remediation.ts';
import { type Action, defineAction, Refused } from './action.ts';
import { controllerRevisionsOf, healthyWanted, podsOf, readWorkload } from './cluster-reads.ts';
import { mayBeTouched, nobodyElseOwnsIt, replacesItsPods, staysAvailable } from './guards.ts';
import { destinationIsPinned, leftBehind, notMarkedUnsafe, rollBackDraft } from './roll-back.ts';
import { observeTemplate, templateIn, templateSettled } from './template-change.ts';

interface OfKind {
  name: string;
  title: string;
  kind: 'StatefulSet' | 'DaemonSet';
  /** `apps/statefulsets` */
  resource: string;
  blastClass: BlastClass;
  guards(workload: Workload): Guard[];
  risks(workload: Workload): string[];
}

/**
 * Returns the workload to the template of one chosen earlier revision. The choice is made once, in the plan, and
 * carried as the template itself, with the present one as its precondition: repeating it never goes back and forth.
 */
export const revisionRollBack = (own: OfKind): Action =>
  defineAction({
    name: own.name,
    version: 1,
    title: own.title,
    kinds: [own.kind],
    weighsAs: 'image',
    params: z.strictObject({
      /** A person's own choice; otherwise the plan chooses. */
      revision: z.number().int().min(1).optional(),
    }),
    permissions: [
      `${own.resource}: get, patch`,
      'apps/controllerrevisions: list',
      'pods: list',
      'policy/poddisruptionbudgets: list',
    ],

    async draft(context, params) {
      const { cluster, target } = context;
      const workload = await readWorkload(cluster, target);
      const choice = chooseRevision({
        workload,
        owned: await controllerRevisionsOf(cluster, target, workload),
        pods: await podsOf(cluster, target, workload, [workload]),
        bad: context.badRevisions,
        revision: params.revision ?? null,
      });
      if (choice.kind === 'wait') throw new Unavailable(choice.because);
      if (choice.kind === 'none') throw new Refused(choice.because);
      return {
        ...rollBackDraft(context, workload, choice.current, choice.revision),
        risks: [...leftBehind(workload, choice.revision.template), ...own.risks(workload)],
      };
    },

    async assess(context, step) {
      const { cluster, target } = context;
      const workload = await readWorkload(cluster, target);
      const budget = await healthyWanted(context, workload);
      return {
        blastClass: own.blastClass,
        guards: [
          mayBeTouched(context, workload),
          nobodyElseOwnsIt(workload),
          notMarkedUnsafe(workload),
          replacesItsPods(workload.spec.updateStrategy?.type),
          ...own.guards(workload),
          destinationIsPinned(templateIn(step.before), templateIn(step.desired)),
          staysAvailable(workload, target.kind, budget),
        ],
      };
    },

    observe: observeTemplate,
    settled: (context) => templateSettled(context),
    abandons: (step) => templateHash(templateIn(step.before)),
  });
