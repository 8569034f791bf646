import { z } from 'zod';
import { isReady } from '../../src/domain/kubernetes/rollout.ts';
import { sameJson } from '../../src/domain/remediation/plan-hash.ts';
import { EndpointSlice, type Pod, Service } from '../../src/schema/kubernetes.ts';
import type { Guard } from '../../src/schema/remediation.ts';
import { type ActionContext, defineAction, Refused } from './action.ts';
import { listAll, namespacedPath, podsUnder, readObject } from './cluster-reads.ts';
import { replaceField } from './field-change.ts';
import { guard, mayBeTouched, nobodyElseOwnsIt } from './guards.ts';

/** All traffic on a few pods that were scaled down for quiet times causes more errors than it cures: scale first. */
const readyShareMin = 0.8;

const Labels = z.record(z.string().min(1), z.string());
type Labels = z.infer<typeof Labels>;
const State = z.object({ selector: Labels });

/**
 * Sends the traffic of a Service to other pods by replacing its whole selector. Merging one label into it would ask
 * for pods that carry both the old and the new labels, of which there may be none: a Service without endpoints.
 */
export const switchServiceSelector = defineAction({
  name: 'switch-service-selector',
  version: 1,
  title: 'Send the traffic of a Service to other pods',
  kinds: ['Service'],
  weighsAs: 'infrastructure',
  params: z.strictObject({
    /** The full new selector, not what is to be added to it. */
    selector: Labels.refine((labels) => Object.keys(labels).length > 0, 'an empty selector selects no pod'),
  }),
  permissions: ['services: get, patch', 'pods: list', 'discovery.k8s.io/endpointslices: list'],

  async draft(context, params) {
    const { target } = context;
    const service = await readService(context);
    const from = service.spec.selector ?? {};
    if (service.spec.type === 'ExternalName')
      throw new Refused(`${target.name} is an ExternalName, a name for something outside: it has no pods to choose`);
    if (service.spec.clusterIP === 'None')
      throw new Refused(`${target.name} is headless: its clients choose pods themselves, and keep the ones they know`);
    if (Object.keys(from).length === 0)
      throw new Refused(`${target.name} has no selector: somebody else writes its endpoints; change them there`);
    const to = params.selector;
    if (sameJson(from, to)) throw new Refused(`${target.name} selects ${inWords(to)} already; nothing to change`);

    const place = { path: servicePath(context), field: '/spec/selector' };
    const what = `the traffic of ${target.name} in ${target.namespace}`;
    return {
      uid: service.metadata.uid,
      sentence: `Send ${what} to pods with ${inWords(to)} instead of ${inWords(from)}`,
      before: { selector: from },
      desired: { selector: to },
      requests: [replaceField(context, service, { ...place, from, to })],
      inverse: {
        sentence: `Send ${what} to pods with ${inWords(from)} again`,
        before: { selector: to },
        desired: { selector: from },
        requests: [replaceField(context, service, { ...place, from: to, to: from, revert: true })],
      },
      differences: [{ path: 'selector', before: inWords(from), after: inWords(to) }],
      undo: `Back to ${inWords(from)}; only while nobody has changed the selector since.`,
      risks: [
        'All of its traffic moves at once.',
        'Connections that are open stay on the old pods until they end.',
        'The selector in git is the old one: change it there, or the next deployment brings it back.',
      ],
    };
  },

  async assess(context, step) {
    const service = await readService(context);
    const to = State.parse(step.desired).selector;
    const ready = (await podsUnder(context.cluster, context.target, to)).filter(serves);
    return {
      blastClass: 'B3',
      guards: [
        mayBeTouched(context, service),
        nobodyElseOwnsIt(service),
        enoughReady(ready, (await endpointsOf(context)).filter((one) => one.ready).length, to),
        namesPorts(service, ready),
      ],
    };
  },

  observe(fresh, step) {
    const now = Service.parse(fresh).spec.selector ?? {};
    if (sameJson(now, State.parse(step.desired).selector)) return 'applied';
    return sameJson(now, State.parse(step.before).selector) ? 'pending' : 'superseded';
  },

  async settled(context, step) {
    const { selector } = State.parse(step.desired);
    const selected = await podsUnder(context.cluster, context.target, selector);
    const endpoints = await endpointsOf(context);
    const strangers = endpoints.filter((one) => !selected.some((pod) => pod.metadata.uid === one.pod));
    const wanted = selected.filter(serves).map((pod) => pod.metadata.uid);
    const served = wanted.filter((uid) => endpoints.some((one) => one.ready && one.pod === uid));
    const finding = `${served.length} of ${wanted.length} ready pods with ${inWords(selector)} take traffic`;
    if (strangers.length > 0)
      return { state: 'moving', finding: `${finding}, ${strangers.length} other pods still do` };
    return { state: wanted.length > 0 && served.length === wanted.length ? 'settled' : 'moving', finding };
  },
});

const servicePath = ({ target }: ActionContext): string =>
  `${namespacedPath(target, '/api/v1', 'services')}/${encodeURIComponent(target.name)}`;

const readService = (context: ActionContext): Promise<Service> =>
  readObject(context.cluster, context.target, servicePath(context), Service);

const inWords = (labels: Labels): string =>
  Object.entries(labels)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');

const serves = (pod: Pod): boolean => isReady(pod) && pod.metadata.deletionTimestamp === undefined;

/** One entry per address that the Service lists, whatever slice it is in; null for what is no pod. */
const endpointsOf = async ({ cluster, target }: ActionContext): Promise<{ pod: string | null; ready: boolean }[]> => {
  const slices = await listAll(
    cluster,
    namespacedPath(target, '/apis/discovery.k8s.io/v1', 'endpointslices'),
    EndpointSlice,
    { labelSelector: `kubernetes.io/service-name=${target.name}` },
  );
  const found = slices.flatMap(({ endpoints }) => endpoints ?? []);
  const ready = new Map<string | null, boolean>();
  for (const { targetRef, conditions } of found) {
    const pod = targetRef?.uid ?? null;
    // A pod that ends is listed for a while, as not ready; not said is taken for ready, as by the proxies.
    ready.set(pod, (ready.get(pod) ?? false) || (conditions?.ready ?? true));
  }
  return [...ready].map(([pod, isReadyNow]) => ({ pod, ready: isReadyNow }));
};

const enoughReady = (ready: Pod[], present: number, to: Labels): Guard => {
  const least = Math.max(1, Math.ceil(readyShareMin * present));
  const said = `${ready.length} ready pods have ${inWords(to)}, and ${present} take the traffic now`;
  return ready.length >= least
    ? guard('capacity', true, said)
    : guard('capacity', false, `${said}: at least ${least} must be ready; scale them up first`);
};

/** A port that the Service knows by name must have that name in the new pods too, or they get no traffic. */
const namesPorts = (service: Service, ready: Pod[]): Guard => {
  const names = (service.spec.ports ?? []).flatMap(({ targetPort }) =>
    typeof targetPort === 'string' ? [targetPort] : [],
  );
  const missing = names.filter((name) => ready.some((pod) => !portsOf(pod).includes(name)));
  return missing.length > 0
    ? guard('ports', false, `the new pods do not all have a port called ${missing.join(', ')}`)
    : guard('ports', true, 'the new pods have the ports that the Service sends to');
};

const portsOf = (pod: Pod): string[] =>
  pod.spec.containers.flatMap(({ ports }) => (ports ?? []).flatMap(({ name }) => name ?? []));
