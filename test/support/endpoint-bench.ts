/** The remediation activities pointed at the sandbox's endpoints, over real HTTP. */
import type { Info } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ApplyResult, PlanRequest, PlanResult, RunMode, SettledResult } from '../../activities/index.ts';
import { createRemediationActivities } from '../../activities/run-action.ts';
import { readConfig } from '../../src/config.ts';
import { sealOf } from '../../src/domain/remediation/approval-seal.ts';
import type { Endpoint, EndpointRequest } from '../../src/integrations/integration.ts';
import { connectEndpoints } from '../../src/integrations/registry.ts';
import { loadRunbookLibrary } from '../../src/packs/runbook-library.ts';
import type { Fault } from '../../src/sandbox/faults.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import type { Decision, Plan, RemediationView, Target } from '../../src/schema/remediation.ts';
import { approvalKey, incident } from './kube/a-remediation.ts';
import { aStore, type FakeStore } from './kube/remediation-store.ts';
import { byMuster, runParts } from './run-parts.ts';
import { sandboxOrganisation } from './sandbox-organisation.ts';
import { vendorSecret } from './vendors.ts';

export interface EndpointBench {
  sandbox: Sandbox;
  store: FakeStore;
  organisation: Organisation;
  /** Requests that could change something. */
  writes: EndpointRequest[];
  /** Runs before the next write leaves. */
  beforeNextWrite(act: () => void | Promise<void>): void;
  /** Runs before the nth read from now. */
  beforeRead(nth: number, act: () => void): void;
  /** Breaks the next requests below `/endpoints`. */
  fault(fault: Partial<Fault> & Pick<Fault, 'path' | 'kind'>): Promise<void>;
  /** Lets this much time pass in the sandbox. */
  pass(ms: number): void;
  plan(action: string, target: Target, params?: object): Promise<Plan>;
  refusal(action: string, target: Target, params?: object): Promise<string>;
  /** How much Muster would do by itself as a step of a built-in runbook. */
  modeOf(action: string, target: Target, params?: object, more?: { remediationId?: null }): Promise<RunMode>;
  apply(plan: Plan, how?: { revert?: boolean; attempt?: number; key?: string }): Promise<ApplyResult>;
  look(plan: Plan, how?: { revert?: boolean }): Promise<SettledResult>;
  close(): Promise<void>;
}

let operations = 0;

export const anEndpointBench = async (
  more: { organisation?: Organisation; instead?: (name: string) => Endpoint } = {},
): Promise<EndpointBench> => {
  const organisation = more.organisation ?? sandboxOrganisation;
  // Stands still but for pass(), so that a slow machine is no difference.
  let nowMs = Date.now();
  const sandbox = await startSandbox({
    port: 0,
    smtpPort: 0,
    secret: vendorSecret,
    apiUrl: 'http://127.0.0.1:9',
    organisation,
    clock: { now: () => nowMs },
  });
  const config = readConfig({ MUSTER_SANDBOX_URL: sandbox.url, MUSTER_SANDBOX_SECRET: vendorSecret });
  const connected = connectEndpoints(config, organisation.endpoints);
  const writes: EndpointRequest[] = [];
  let before: (() => void | Promise<void>) | null = null;
  let awaited: { left: number; act: () => void } | null = null;
  const wired = (endpoint: Endpoint): Endpoint => ({
    async request(request) {
      if (request.method !== 'GET') {
        const act = before;
        before = null;
        await act?.();
        writes.push(request);
      } else if (awaited) {
        awaited.left -= 1;
        if (awaited.left === 0) awaited.act();
      }
      return endpoint.request(request);
    },
  });
  const store = aStore();
  const activities = createRemediationActivities({
    store,
    ...runParts,
    library: loadRunbookLibrary(),
    organisation: {
      ...organisation,
      people: Object.fromEntries(
        ['ada', 'operator'].map((id) => [id, { name: id, email: '', roles: ['commander'], contact: [] }]),
      ) as unknown as Organisation['people'],
    },
    approvalKey,
    connect: () => ({ metrics: { query: async () => null, queryRange: async () => [] } }),
    cluster: () => {
      throw new Error('the test knows no cluster');
    },
    database: () => {
      throw new Error('the test knows no database');
    },
    endpoint: (name, drill) => wired(more.instead?.(name) ?? connected(name, drill)),
    log: { info: () => {}, warn: () => {} },
    lateRequestMs: 50,
  });
  const run = <Given, Result>(
    activity: (given: Given) => Promise<Result>,
    given: Given,
    info: Partial<Info> = {},
  ): Promise<Result> => new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') }).run(activity, given);
  const planned = (
    action: string,
    target: Target,
    params: object,
    by: Pick<PlanRequest, 'proposedBy' | 'runbook' | 'circumstances'> & { remediationId?: null } = byMuster,
  ): Promise<PlanResult> => {
    operations += 1;
    const operationId = `op-http-${operations}`;
    const remediationId = `rem-${operationId}`;
    const given = { incident, remediationId, action, target, params: { ...params }, operationId, ...by };
    return run(activities.planRemediation, given);
  };
  const approve = (plan: Plan): string => {
    const id = `rem-${plan.operationId}`;
    // What affects many takes two people, whatever the pack asks for.
    const decisions = ['ada', 'operator'].map((person): Decision => {
      const by = { kind: 'person' as const, id: person, name: person };
      const at = new Date().toISOString();
      const said = { by, at, sealedAt: at, verdict: 'approved' as const, planHash: plan.planHash };
      const sealed = { remediationId: id, personId: person, ...said };
      return { ...said, reason: null, seal: sealOf(approvalKey, sealed) };
    });
    store.views.set(id, {
      id,
      approverRoles: ['commander'],
      notProposer: true,
      quorum: 1,
      proposedBy: { kind: 'person', id: 'muster', name: 'muster' },
      decisions,
    } as unknown as RemediationView);
    return id;
  };
  return {
    sandbox,
    store,
    organisation,
    writes,
    beforeNextWrite: (act) => {
      before = act;
    },
    async fault(fault) {
      const answer = await fetch(`${sandbox.url}/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...fault, path: `/endpoints${fault.path}` }),
      });
      if (!answer.ok) throw new Error(`the sandbox does not know this fault: ${await answer.text()}`);
    },
    pass: (ms) => {
      nowMs += ms;
    },
    async plan(action, target, params = {}) {
      const result = await planned(action, target, params);
      if (result.kind === 'refused') throw new Error(`refused: ${result.because}`);
      return result.plan;
    },
    beforeRead: (nth, act) => {
      awaited = { left: nth, act };
    },
    async modeOf(action, target, params = {}, more = {}) {
      const runbook = { name: 'dependency-failure', version: 1, title: 'Ours', builtIn: true, step: 'openBreaker' };
      const result = await planned(action, target, params, { ...byMuster, runbook, ...more });
      if (result.kind === 'refused') throw new Error(`refused: ${result.because}`);
      return result.mode;
    },
    async refusal(action, target, params = {}) {
      const result = await planned(action, target, params);
      return result.kind === 'refused' ? result.because : 'nothing was refused';
    },
    apply: (plan, { revert = false, attempt = 1, key } = {}) =>
      run(
        activities.applyRemediation,
        {
          incident,
          remediationId: approve(plan),
          key: key ?? `${incident.incidentId}/remediation/${plan.operationId}/${revert ? 'revert' : 'apply'}`,
          plan,
          revert,
          approvedHash: plan.planHash,
          ...byMuster,
        },
        { attempt, scheduledTimestampMs: Date.now(), scheduleToCloseTimeoutMs: 600_000 },
      ),
    look: (plan, { revert = false } = {}) => run(activities.observeSettled, { incident, plan, revert }),
    close: () => sandbox.close(),
  };
};
