import { z } from 'zod';
import { Unavailable } from '../../src/domain/errors.ts';
import {
  automatedOf,
  chooseDeployment,
  deploys,
  historyOf,
  isBusy,
  keeperOf,
  observeAutomated,
  observeRelease,
  possibleKeeperOf,
  type Release,
  type RollBackState,
  settlementOf,
} from '../../src/domain/remediation/argo-cd.ts';
import { ArgoApplication } from '../../src/schema/argo-cd.ts';
import type { Guard, HttpRequest } from '../../src/schema/remediation.ts';
import { type ActionContext, type Draft, defineAction, Refused, type Step } from './action.ts';
import { readEndpoint } from './endpoint-reads.ts';
import { guard } from './guards.ts';

const State = z.object({
  uid: z.string(),
  release: z.object({ id: z.number().int().nullable(), revision: z.string(), hash: z.string() }),
  automated: z.unknown(),
  operationAt: z.string().nullable(),
});
const stateIn = (given: unknown): RollBackState & { uid: string } => {
  const { automated = null, ...rest } = State.parse(given);
  return { ...rest, automated };
};

/**
 * Returns an application of Argo CD to an earlier deployment of its history. Auto-sync is suspended first, as Argo CD
 * refuses a rollback while it is on and would deploy the bad commit again at once. It is never switched on again by us
 * while git has that commit: that is a task for people. Only what takes the rollback itself back restores it.
 */
export const argoCdRollBack = defineAction({
  name: 'argo-cd-roll-back',
  version: 1,
  title: 'Return an application of Argo CD to an earlier deployment',
  kinds: ['Application'],
  weighsAs: 'image',
  params: z.strictObject({
    /** Of the history, as "argocd app history" shows it; the last good one when absent. */
    id: z.number().int().min(0).optional(),
  }),
  permissions: [],

  async draft(context, { id = null }) {
    const app = await readIdle(context);
    const { name, uid } = app.metadata;
    const choice = chooseDeployment(app, context.badRevisions, id);
    if ('because' in choice) throw new Refused(`${name}: ${choice.because}`);
    const { from, to } = choice;
    const automated = automatedOf(app);
    await mayDo(context, app, automated === null ? ['sync'] : ['update', 'sync']);
    const before = { uid, release: from, automated, operationAt: app.status.operationState?.startedAt ?? null };
    const repository = app.spec.source?.repoURL ?? app.spec.sources?.map((one) => one.repoURL).join(', ') ?? 'git';
    return {
      uid,
      sentence: `Roll back application ${name} from ${inWords(from)} to ${inWords(to)}${automated === null ? '' : ', with auto-sync off'}`,
      before,
      desired: { uid, release: to, automated: null, operationAt: null },
      requests: [...(automated === null ? [] : [suspend(app)]), rollBackTo(app, to)],
      inverse: inverseOf(app, before, to),
      differences: [
        { path: 'deployment', before: inWords(from), after: inWords(to) },
        ...(automated === null ? [] : [{ path: 'auto-sync', before: JSON.stringify(automated), after: 'off' }]),
      ],
      undo: undoOf(from, automated),
      risks: [
        'Only what git describes is rolled back: data and what the bad release added stay.',
        'The application shows OutOfSync, as git still has the bad commit.',
        ...(automated === null ? [] : ['While auto-sync is off nothing that is merged gets deployed.']),
      ],
      tasks: [
        `Revert commit ${from.revision} of ${name} in git (${repository})${automated === null ? '' : ', then switch auto-sync on again'}`,
      ],
    };
  },

  async assess(context, step) {
    const app = await readIdle(context);
    const { release } = stateIn(step.desired);
    const there = historyOf(app).find((one) => one.id === release.id)?.hash === release.hash;
    return {
      blastClass: 'B2',
      guards: [
        app.metadata.deletionTimestamp
          ? guard('scope', false, 'it is being deleted')
          : guard('scope', true, 'it is not being deleted'),
        await nobodyKeepsIt(context, app),
        there
          ? guard('history', true, `deployment ${release.id} is in its history`)
          : guard('history', false, `deployment ${release.id} is not in its history any more; plan anew`),
      ],
    };
  },

  observe(fresh, step, request) {
    const app = ArgoApplication.parse((fresh as { body: unknown }).body);
    const steps = { before: stateIn(step.before), desired: stateIn(step.desired) };
    if (app.metadata.uid !== steps.desired.uid) return 'superseded';
    if (isRollBack(request as HttpRequest)) return observeRelease(app, steps);
    // While another operation keeps us from the old deployment, auto-sync would keep us from it for good.
    const tooEarly = steps.desired.automated !== null && isBusy(app) && observeRelease(app, steps) === 'pending';
    return tooEarly ? 'needless' : observeAutomated(app, steps);
  },

  async settled(context, step) {
    return settlementOf(await readApplication(context), stateIn(step.desired).release);
  },

  abandons: (step) => stateIn(step.before).release.hash,
});

const pathOf = (name: string): string => `/api/v1/applications/${encodeURIComponent(name)}`;
const isRollBack = ({ path }: HttpRequest): boolean => path.endsWith('/rollback');

const readApplication = async (context: ActionContext): Promise<ArgoApplication> => {
  const { cluster, name } = context.target;
  const reading = await readEndpoint(context, pathOf(name));
  if (!reading) throw new Refused(`${cluster} has no application ${name}`);
  return understood(context, reading.body);
};

const understood = ({ target }: ActionContext, body: unknown): ArgoApplication => {
  const app = ArgoApplication.safeParse(body);
  if (app.success) return app.data;
  const issue = app.error.issues[0];
  throw new Refused(
    `the answer of ${target.cluster} is not an application: ${issue?.path.join('.')}: ${issue?.message}`,
  );
};

/** Throws Unavailable while an operation runs: there is one at a time, and it changes what there is to decide. */
const readIdle = async (context: ActionContext): Promise<ArgoApplication> => {
  const app = await readApplication(context);
  if (isBusy(app)) throw new Unavailable(`${app.metadata.name} is being synced; it will be looked at again`);
  return app;
};

/** An application that another one deploys gets auto-sync and the bad commit back from it. What cannot be told counts as such. */
const nobodyKeepsIt = async (context: ActionContext, app: ArgoApplication): Promise<Guard> => {
  const kept = (who: string) =>
    guard(
      'owner',
      false,
      `${who} manages it, would switch auto-sync on again and deploy the bad commit: act there, or revert in git`,
    );
  const keeper = keeperOf(app);
  if (keeper) return kept(keeper);
  const other = possibleKeeperOf(app);
  if (other) {
    const reading = await readEndpoint(context, pathOf(other)).catch((error: unknown) => {
      if (error instanceof Refused)
        throw new Refused(`a label says that ${other} deploys it, and that cannot be looked up: ${error.message}`);
      throw error;
    });
    if (reading && deploys(understood(context, reading.body), app.metadata.name)) return kept(`application ${other}`);
  }
  return guard('owner', true, 'no other application and no ApplicationSet manages it');
};

/** Asks Argo CD itself, as its dry run of a rollback is an operation like any other and refused while auto-sync is on. */
const mayDo = async (context: ActionContext, app: ArgoApplication, verbs: string[]): Promise<void> => {
  const object = `${app.spec.project}/${app.metadata.name}`;
  const path = object.split('/').map(encodeURIComponent).join('/');
  for (const verb of verbs) {
    const answer = await readEndpoint(context, `/api/v1/account/can-i/applications/${verb}/${path}`);
    if ((answer?.body as { value?: unknown } | null)?.value === 'no')
      throw new Refused(
        `Muster may not ${verb} ${object} at ${context.target.cluster}: grant its account "applications, ${verb}, ${object}, allow" in Argo CD's policy`,
      );
  }
};

const inWords = ({ id, revision }: Release): string =>
  id === null ? `a failed sync (${revision.slice(0, 12)})` : `deployment ${id} (${revision.slice(0, 12)})`;

const rollBackTo = ({ metadata, spec }: ArgoApplication, { id }: Release): HttpRequest => ({
  system: 'http',
  method: 'POST',
  path: `${pathOf(metadata.name)}/rollback`,
  headers: {},
  body: { name: metadata.name, project: spec.project, id, prune: false, dryRun: false },
  reads: pathOf(metadata.name),
});

/** Argo CD writes over conflicting resource versions, but applies a JSON patch whose tests hold, and no other. */
const patch = ({ metadata, spec }: ArgoApplication, operations: object[]): HttpRequest => ({
  system: 'http',
  method: 'PATCH',
  path: pathOf(metadata.name),
  headers: {},
  body: {
    name: metadata.name,
    project: spec.project,
    patchType: 'json',
    patch: JSON.stringify([{ op: 'test', path: '/metadata/uid', value: metadata.uid }, ...operations]),
  },
  reads: pathOf(metadata.name),
});

const automatedPath = '/spec/syncPolicy/automated';

const suspend = (app: ArgoApplication): HttpRequest =>
  patch(app, [
    { op: 'test', path: automatedPath, value: automatedOf(app) },
    { op: 'remove', path: automatedPath },
  ]);

/** A policy that held nothing else is gone by then, and comes back whole. */
const resume = (app: ArgoApplication, automated: unknown): HttpRequest => {
  const { automated: _automated, ...rest } = app.spec.syncPolicy ?? {};
  return patch(app, [
    Object.keys(rest).length > 0
      ? { op: 'add', path: automatedPath, value: automated }
      : { op: 'add', path: '/spec/syncPolicy', value: { automated } },
  ]);
};

/** First the old deployment, then the old policy: the other way round Argo CD would refuse the rollback. */
const inverseOf = (app: ArgoApplication, before: Step['before'] & object, to: Release): Draft['inverse'] => {
  const was = stateIn(before);
  const requests = [
    ...(was.release.id === null ? [] : [rollBackTo(app, was.release)]),
    ...(was.automated === null ? [] : [resume(app, was.automated)]),
  ];
  if (requests.length === 0) return null;
  const { name, uid } = app.metadata;
  const back = was.release.id === null ? 'Let' : `Return application ${name} to ${inWords(was.release)}`;
  const policy =
    was.release.id === null ? ` application ${name} sync by itself again` : ' and switch auto-sync on again';
  return {
    sentence: `${back}${was.automated === null ? '' : policy}`,
    before: { uid, release: to, automated: null, operationAt: null },
    desired: { ...was, operationAt: null },
    requests,
  };
};

const undoOf = (from: Release, automated: unknown): string => {
  if (from.id === null && automated === null) return 'Nothing takes it back: what failed is not in the history.';
  const policy = automated === null ? '' : ', and auto-sync as it was';
  return from.id === null
    ? 'Auto-sync as it was, which deploys what git has.'
    : `Back to deployment ${from.id}${policy}; only while nobody has deployed since.`;
};
