/**
 * Remediations from end to end: the real workflows, activities and store, on switches that are played in memory. A switch
 * settles at once and says exactly what reached it, so a test is about the run and not about its target.
 */
import { expect } from 'vitest';
import { createRemediationActivities } from '../../activities/run-action.ts';
import { remediationWorkflowId } from '../../src/domain/names.ts';
import { sealOf } from '../../src/domain/remediation/approval-seal.ts';
import type { Cluster, Endpoint, EndpointAnswer, EndpointRequest } from '../../src/integrations/integration.ts';
import { checkConditions } from '../../src/packs/conditions.ts';
import { loadRemediationPolicies } from '../../src/packs/remediation-load.ts';
import { evaluatorOf, parseRunbook } from '../../src/packs/runbook-load.ts';
import { SwitchEntry } from '../../src/schema/endpoint.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import type { Policy } from '../../src/schema/policy.ts';
import type { Decision, RemediationStatus, RemediationView, Target } from '../../src/schema/remediation.ts';
import type { RemediationPolicy, RemediationPolicySpec } from '../../src/schema/remediation-policy.ts';
import type { RunbookDocument } from '../../src/schema/runbook.ts';
import { approve, deny, proposeRemediation } from '../../workflows/messages.ts';
import { atRest, atRestDo } from './at-rest.ts';
import { type IncidentWorld, incidentWorld, type LiveIncident } from './incident-world.ts';
import { anOrganisation } from './organisation.ts';
import { noOtherWays } from './run-parts.ts';
import { approvalKey } from './sandbox-cluster.ts';

export const endpointName = 'flags';

/** The classes of their kinds: a breaker is B1, a flag that stays is B2, a weight and maintenance are B3. */
const kinds = ['breaker', 'flag', 'weight', 'maintenance'] as const;
const kindOf = (name: string): SwitchEntry['kind'] => kinds.find((kind) => name.startsWith(kind)) ?? 'breaker';

const letters = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
export type SwitchName = `${(typeof kinds)[number]}-${(typeof letters)[number]}`;
const switchNames = kinds.flatMap((kind) => letters.map((letter): SwitchName => `${kind}-${letter}`));

/** Of production. The others belong to `preview` in staging, and one to nobody. */
export const switchOfCheckout: SwitchName = 'breaker-f';
export const switchOfNobody: SwitchName = 'breaker-e';
const owners: { [name in SwitchName]?: string | null } = { [switchOfCheckout]: 'checkout', [switchOfNobody]: null };

export const switchAt = (name: SwitchName): Target => ({
  cluster: endpointName,
  kind: 'Switch',
  namespace: '',
  name,
});

const entryOf = (name: SwitchName): SwitchEntry => {
  const owner = owners[name];
  return SwitchEntry.parse({
    title: name,
    endpoint: endpointName,
    service: (owner === undefined ? 'preview' : owner) ?? undefined,
    kind: kindOf(name),
    ...(kindOf(name) === 'maintenance' ? { alarmAfter: '30m' } : {}),
    read: { path: `/${name}`, at: '/value', version: '/version' },
    set: { path: `/${name}`, body: { value: '{state}', version: '{version}' } },
    states: {
      off: { value: 'off', words: 'all is as always' },
      on: { value: 'on', words: 'requests are answered at once' },
      half: { value: 'half', words: 'every second request is answered at once' },
    },
  });
};

export interface PlayedSwitches extends Endpoint {
  /** What each switch is now; all begin with `off`. */
  values: Record<string, string>;
  /** Every request that changed a switch, as `breaker-a=on`. */
  sent: string[];
  /** Somebody else turns it. */
  turn(name: SwitchName, value: string): void;
  /** Runs before the next write reaches the switches; an answer it gives is theirs. */
  beforeWrite(
    act: (request: EndpointRequest) => EndpointAnswer | undefined | Promise<EndpointAnswer | undefined>,
  ): void;
  /** Runs once, before the next read is answered. */
  beforeRead(act: () => Promise<void>): void;
  /** Writes of this, such as `breaker-b=on`, are answered so as long as it stands here. */
  refuses: Map<string, number>;
}

const answer = (status: number, body: unknown): EndpointAnswer => ({ status, etag: null, retryAfterMs: null, body });

const playedSwitches = (): PlayedSwitches => {
  const versions: Record<string, number> = Object.fromEntries(switchNames.map((name) => [name, 1]));
  let before: Parameters<PlayedSwitches['beforeWrite']>[0] | null = null;
  let looking: (() => Promise<void>) | null = null;
  const played: PlayedSwitches = {
    values: Object.fromEntries(switchNames.map((name) => [name, 'off'])),
    sent: [],
    refuses: new Map(),
    turn: (name, value) => {
      played.values[name] = value;
      versions[name] = (versions[name] ?? 0) + 1;
    },
    beforeWrite: (act) => {
      before = act;
    },
    beforeRead: (act) => {
      looking = act;
    },
    async request(request) {
      const { method, path, body } = request;
      const name = path.slice(1) as SwitchName;
      if (!Object.hasOwn(played.values, name)) return answer(404, { message: 'no such switch' });
      const now = () => ({ value: played.values[name], version: versions[name] });
      if (method === 'GET') {
        const look = looking;
        looking = null;
        await look?.();
        return answer(200, now());
      }
      const act = before;
      before = null;
      const instead = await act?.(request);
      if (instead) return instead;
      const { value, version } = body as { value: string; version?: number };
      const refusal = played.refuses.get(`${name}=${value}`);
      if (refusal !== undefined) return answer(refusal, { message: 'not now' });
      if (version !== undefined && version !== versions[name]) return answer(409, { message: 'changed meanwhile' });
      played.turn(name, value);
      played.sent.push(`${name}=${value}`);
      return answer(200, now());
    },
  };
  return played;
};

/** Knows nothing: what a diagnosis wants to see of the workload is missing. */
const emptyCluster: Cluster = {
  request: async () => ({ status: 404, body: { kind: 'Status', message: 'not found' } }),
  text: async () => ({ status: 404, text: '' }),
} as unknown as Cluster;

export interface RunWorld {
  world: IncidentWorld;
  switches: PlayedSwitches;
  /** Those that come with Muster, then whatever a test adds. */
  policies: RemediationPolicy[];
  runbooks: { document: RunbookDocument; builtIn: boolean }[];
  /** Figures by query, for symptoms (`errors`) and reads of runbooks; what does not stand here has no data. */
  figures: Map<string, number | null | (() => number | null)>;
  /** The clock of the effect, for the age of a yes, freezes and limits. */
  clock: { aheadMs: number };
  /**
   * An incident of checkout (production) with an alert of this title. The clock of the server stands still once an
   * incident has ended before its run: tests of that give a speed and go by the clock of the machine.
   */
  incident(more?: { title?: string; service?: string; policy?: Policy; speed?: number }): Promise<LiveIncident>;
  /** Vic, a responder, proposes to turn a switch on, unless said otherwise. */
  propose(incident: LiveIncident, name: SwitchName, more?: Proposing): Promise<RemediationView>;
  /** The same, without waiting for a run of it. */
  proposeOnly(incident: LiveIncident, name: SwitchName, more?: Proposing): Promise<void>;
  /** Runs of the incident, those it joined among them, oldest first. */
  runs(incident: LiveIncident): Promise<RemediationView[]>;
  /** The latest one. */
  run(incident: LiveIncident): Promise<RemediationView>;
  /** Waits, without moving the clock, until the latest run has the status. */
  has(incident: LiveIncident, ...statuses: RemediationStatus[]): Promise<RemediationView>;
  /** Moves the clock in steps until it has. */
  comes(incident: LiveIncident, ...statuses: RemediationStatus[]): Promise<RemediationView>;
  /** Waits until its workflow has closed: an update that meets the closing is left without an answer by the test server. */
  closed(incident: LiveIncident): Promise<void>;
  decide(incident: LiveIncident, person: string, more?: Deciding): Promise<RemediationView>;
  /** Moves the clock when nothing is under way. */
  pass(incident: LiveIncident, minutes: number): Promise<void>;
  /** Who was rung for a step of this word, such as `revertFailed`, in order. */
  paged(incident: LiveIncident, word: string): string[];
  /** Entries of the kinds, as `kind: text`. */
  told(incident: LiveIncident, ...kinds: string[]): Promise<string[]>;
  close(): Promise<void>;
}

export interface Proposing {
  to?: string;
  by?: string;
  action?: string;
  params?: Record<string, unknown>;
}
export interface Deciding {
  verdict?: Decision['verdict'];
  seal?: string;
  sealedAt?: string;
  planHash?: string;
  remediationId?: string;
}

const workload = (name: string) => ({ cluster: 'test', kind: 'Deployment' as const, namespace: 'shop', name });

/** `checkout` is in production, `preview` in staging. */
const organisationWith = (more: Partial<Organisation>): Partial<Organisation> => {
  const { services } = anOrganisation();
  const checkout = services.checkout;
  if (!checkout) throw new Error('the organisation of tests has the service checkout');
  return {
    services: {
      checkout: { ...checkout, workload: workload('checkout') },
      preview: { ...checkout, title: 'Preview', environment: 'staging', workload: workload('preview') },
    },
    endpoints: { [endpointName]: { title: 'Flags', url: 'sandbox', header: 'authorization' } },
    switches: Object.fromEntries(switchNames.map((name) => [name, entryOf(name)])),
    ...more,
  };
};

/** A person's actor, as the api would name them. */
const actorOf = ({ organisation }: IncidentWorld, id: string) => ({
  kind: 'person' as const,
  id,
  name: organisation.people[id]?.name ?? id,
});

let proposals = 0;

export const runWorld = async (
  more: { organisation?: Partial<Organisation>; realTemporal?: boolean } = {},
): Promise<RunWorld> => {
  const switches = playedSwitches();
  const policies = loadRemediationPolicies();
  const runbooks: RunWorld['runbooks'] = [];
  const figures: RunWorld['figures'] = new Map();
  const clock = { aheadMs: 0 };
  const evaluate = evaluatorOf();
  const { holds } = checkConditions();
  const figure = async (query: string): Promise<number | null> => {
    const found = figures.get(query);
    return (typeof found === 'function' ? found() : found) ?? null;
  };
  const world = await incidentWorld({
    realTemporal: more.realTemporal ?? false,
    organisation: organisationWith(more.organisation ?? {}),
    remediation: ({ store, organisation, ports }) => {
      ports.connections.metrics.query = figure;
      return createRemediationActivities({
        store,
        organisation,
        library: { runbooks, evaluate, holds },
        policies,
        now: () => Date.now() + clock.aheadMs,
        approvalKey,
        connect: () => ports.connections,
        cluster: () => emptyCluster,
        ...noOtherWays,
        endpoint: () => switches,
        log: { info: () => undefined, warn: () => undefined },
        lateRequestMs: 50,
      });
    },
  });
  const { environment, store } = world;

  const runs: RunWorld['runs'] = ({ id }) => store.remediations.remediations(id);
  const run: RunWorld['run'] = async (incident) => {
    const latest = (await runs(incident)).at(-1);
    if (!latest) throw new Error(`${incident.id} has no remediation: ${await incident.story('remediationRefused')}`);
    return latest;
  };
  const restOfRun = async (incident: LiveIncident): Promise<void> => {
    const latest = (await runs(incident)).at(-1);
    if (!latest || latest.endedAt !== null) return;
    const handle = environment.client.workflow.getHandle(latest.workflowId);
    await atRest(handle).catch(() => undefined);
  };
  const pass: RunWorld['pass'] = async (incident, minutes) => {
    await atRest(incident.handle);
    await restOfRun(incident);
    await environment.sleep(minutes * 60_000);
    await restOfRun(incident);
  };
  const has: RunWorld['has'] = async (incident, ...statuses) => {
    const isThere = async () => statuses.includes((await runs(incident)).at(-1)?.status as RemediationStatus);
    const within = (ms: number) => expect.poll(isThere, { timeout: ms }).toBe(true);
    // What the server has to try again waits for its clock.
    await within(10_000).catch(async () => {
      await environment.sleep(15_000);
      await within(20_000);
    });
    return run(incident);
  };
  const comes: RunWorld['comes'] = async (incident, ...statuses) => {
    for (let steps = 0; steps < 200; steps += 1) {
      const latest = (await runs(incident)).at(-1);
      if (latest && statuses.includes(latest.status)) return latest;
      await pass(incident, 0.5);
    }
    throw new Error(`waited in vain for ${statuses.join(' or ')}: ${JSON.stringify((await run(incident)).outcome)}`);
  };
  const proposeOnly: RunWorld['proposeOnly'] = async (
    incident,
    name,
    { to = 'on', by = 'vic', action = 'http-switch', params } = {},
  ) => {
    // What the diagnosis finds comes first; it ends in words, as nothing is there to be seen.
    await expect.poll(() => incident.story('evidenceGathered'), { timeout: 30_000 }).not.toEqual([]);
    proposals += 1;
    const remediationId = `${incident.id}-p${proposals}`;
    await incident.order(proposeRemediation, {
      by: actorOf(world, by),
      remediationId,
      action,
      target: switchAt(name),
      params: params ?? { to },
      because: 'it is worth a try',
    });
  };
  return {
    world,
    switches,
    policies,
    runbooks,
    figures,
    clock,
    runs,
    run,
    has,
    comes,
    pass,
    incident: async ({ title = 'Something else', service = 'checkout', policy, speed = 1 } = {}) => {
      const startsAt = new Date(await environment.currentTimeMs()).toISOString();
      const alert = { fingerprint: title, title, status: 'firing' as const, startsAt, source: 'alertmanager' };
      return world.declare({ service, title, speed, alerts: [alert], ...(policy ? { policy } : {}) });
    },
    propose: async (incident, name, more) => {
      await proposeOnly(incident, name, more);
      await expect.poll(() => runs(incident), { timeout: 30_000 }).not.toEqual([]);
      return run(incident);
    },
    proposeOnly,
    closed: async (incident) => {
      const handle = environment.client.workflow.getHandle((await run(incident)).workflowId);
      const status = async () => (await handle.describe()).status.name;
      await expect.poll(status, { timeout: 20_000 }).not.toBe('RUNNING');
    },
    decide: async (incident, person, { verdict = 'approved', ...given } = {}) => {
      const { id, planHash: hash, target } = await run(incident);
      const planHash = given.planHash ?? hash ?? '';
      const remediationId = given.remediationId ?? id;
      const sealedAt = given.sealedAt ?? new Date(Date.now() + clock.aheadMs).toISOString();
      const facts = { remediationId: id, personId: person, verdict, planHash, sealedAt };
      const handle = environment.client.workflow.getHandle(remediationWorkflowId(target));
      return atRestDo(environment, handle, () =>
        handle.executeUpdate(verdict === 'approved' ? approve : deny, {
          args: [
            {
              by: actorOf(world, person),
              remediationId,
              planHash,
              sealedAt,
              seal: given.seal ?? sealOf(approvalKey, facts),
            },
          ],
        }),
      );
    },
    told: async (incident, ...kinds) =>
      (await incident.timeline())
        .filter(({ kind }) => kinds.includes(kind))
        .map(({ kind, text }) => `${kind}: ${text}`),
    paged: ({ id }, word) =>
      world.ports.pages
        .filter(({ dedupKey }) => dedupKey.startsWith(`${id}/`) && dedupKey.includes(word))
        .map(({ dedupKey }) => dedupKey.split('/').at(-1) ?? ''),
    close: () => world.close(),
  };
};

/** A policy of the organisation's own, before those that come with Muster. */
export const ownPolicy = (name: string, spec: RemediationPolicySpec): RemediationPolicy => ({
  name,
  builtIn: false,
  ...spec,
});

interface StepWords {
  id: string;
  switch: SwitchName;
  to?: string;
  when?: string;
  on: Partial<Record<'recovered' | 'ineffective' | 'worse' | 'inconclusive' | 'refused', string>>;
  failure?: string;
  failureLimit?: number;
  of?: string;
}

/** For incidents with an alert of this title; each step turns a switch and looks at one figure. */
export const aRunbook = (
  name: string,
  alert: string,
  steps: StepWords[],
  more: { spec?: object; version?: number } = {},
): { document: RunbookDocument; builtIn: boolean } => ({
  builtIn: true,
  document: parseRunbook(
    JSON.stringify({
      apiVersion: 'muster.dev/v1',
      kind: 'Runbook',
      metadata: { name, version: more.version ?? 1, owner: 'shop', title: `The case of ${name}` },
      spec: {
        match: { any: [{ alert }] },
        target: { from: 'switch', name: steps[0]?.switch ?? 'breaker-a' },
        diagnose: [{ id: 'queue', read: 'prometheus', query: 'queue', optional: true }],
        conclude: { when: 'incident.drill == false', confidence: 0.9, because: 'The alert says so.', else: 'No.' },
        steps: steps.map((step) => ({
          id: step.id,
          title: `Turn ${step.switch}`,
          action: 'http-switch',
          target: { from: 'switch', name: step.switch },
          params: { to: step.to ?? 'on' },
          ...(step.when === undefined ? {} : { when: step.when }),
          deadline: '5m',
          factors: { speed: 'seconds', risk: 'low', reversible: true, data: 'none' },
          verify: {
            settle: '30s',
            giveUpAfter: '5m',
            checks: [
              {
                id: 'figure',
                of: step.of ?? 'symptom',
                success: step.of === undefined ? 'value < healthyBelow' : 'value < 10.0',
                ...(step.failure === undefined ? {} : { failure: step.failure }),
                interval: '30s',
                consecutiveSuccess: 3,
                failureLimit: step.failureLimit ?? 3,
              },
            ],
          },
          on: {
            recovered: 'finish',
            ineffective: 'escalate',
            worse: 'revertAndEscalate',
            inconclusive: 'ask',
            ...step.on,
          },
        })),
        finish: { tasks: ['Look for what made it necessary.'] },
        ...more.spec,
      },
    }),
    `${name}.yaml`,
  ),
});
