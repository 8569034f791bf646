/** The remediation activities pointed at a real database, over a wire that can lose answers. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ApplyResult, SettledResult } from '../../activities/index.ts';
import { createRemediationActivities } from '../../activities/run-action.ts';
import { VendorError } from '../../src/domain/errors.ts';
import { sealOf } from '../../src/domain/remediation/approval-seal.ts';
import type { Database, SessionKey } from '../../src/integrations/integration.ts';
import { createDatabase } from '../../src/integrations/postgresql/client.ts';
import type { DatabaseEntry } from '../../src/schema/database.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import type { Plan, RemediationView, Target } from '../../src/schema/remediation.ts';
import { approvalKey, incident } from './kube/a-remediation.ts';
import { aStore, type FakeStore } from './kube/remediation-store.ts';
import { byMuster, noOtherWays, runParts } from './run-parts.ts';

/** The database as a client sees it whose signals are counted and whose answers can get lost on the way back. */
export interface DatabaseWire extends Database {
  signals: { how: 'cancel' | 'terminate'; pid: number }[];
  /** Runs before the next signal leaves. */
  beforeSignal: ((key: SessionKey) => Promise<unknown>) | null;
  /** The next signal reaches the server, its answer does not come back. */
  loseAnswer: boolean;
  /** The next signal is lost before it reaches the server. */
  loseRequest: boolean;
}

export interface SessionBench {
  wire: DatabaseWire;
  store: FakeStore;
  plan(action: string, params?: object): Promise<Plan>;
  refusal(action: string, params?: object, on?: Partial<Target>): Promise<string>;
  /** With a yes to the plan in the store. */
  apply(plan: Plan, how?: { attempt?: number }): Promise<ApplyResult>;
  look(plan: Plan): Promise<SettledResult>;
}

const approver = { name: 'Ada', email: 'ada@example.com', roles: ['commander'], contact: [] };
let operations = 0;

/** Shares of the clients do not bind unless they are given: a test has few. */
export const aSessionBench = (url: string, entry: Partial<DatabaseEntry> = {}): SessionBench => {
  const target: Target = { cluster: 'shop-db', kind: 'Database', namespace: '', name: entry.database ?? 'shop' };
  const wire = aWire(createDatabase({ name: 'shop-db', url }));
  const store = aStore();
  const activities = createRemediationActivities({
    ...noOtherWays,
    ...runParts,
    store,
    organisation: organisationWith({
      title: 'Orders',
      connection: 'shop-db',
      database: 'shop',
      protectedUsers: ['payroll'],
      protectedApplications: ['month-end'],
      maxShare: 1,
      maxSessions: 20,
      ...entry,
    }),
    approvalKey,
    connect: () => ({ metrics: { query: async () => null, queryRange: async () => [] } }),
    cluster: () => {
      throw new Error('the test knows no cluster');
    },
    database: () => wire,
    log: { info: () => {}, warn: () => {} },
    lateRequestMs: 50,
  });
  const run = <Given, Result>(
    activity: (given: Given) => Promise<Result>,
    given: Given,
    attempt = 1,
  ): Promise<Result> =>
    new MockActivityEnvironment(
      { attempt, scheduledTimestampMs: Date.now(), scheduleToCloseTimeoutMs: 600_000 },
      { logger: new DefaultLogger('ERROR') },
    ).run(activity, given);
  const planned = (action: string, params: object, on: Target) => {
    operations += 1;
    const operationId = `op-session-${operations}`;
    const remediationId = `rem-${operationId}`;
    return run(activities.planRemediation, {
      incident,
      remediationId,
      action,
      target: on,
      params: { ...params },
      operationId,
      ...byMuster,
    });
  };
  return {
    wire,
    store,
    async plan(action, params = {}) {
      const result = await planned(action, params, target);
      if (result.kind === 'refused') throw new Error(`refused: ${result.because}`);
      return result.plan;
    },
    async refusal(action, params = {}, on = {}) {
      const result = await planned(action, params, { ...target, ...on });
      return result.kind === 'refused' ? result.because : 'nothing was refused';
    },
    apply: (plan, { attempt = 1 } = {}) => {
      const view = approved(plan);
      store.views.set(view.id, view);
      const key = `${incident.incidentId}/remediation/${plan.operationId}/apply`;
      const { planHash: approvedHash } = plan;
      const given = { incident, remediationId: view.id, key, plan, revert: false, approvedHash, ...byMuster };
      return run(activities.applyRemediation, given, attempt);
    },
    look: (plan) => run(activities.observeSettled, { incident, plan, revert: false }),
  };
};

/** As far as the activities look. */
const organisationWith = (entry: DatabaseEntry): Organisation =>
  ({ people: { ada: approver }, services: {}, databases: { 'shop-db': entry } }) as unknown as Organisation;

const approved = ({ operationId, planHash }: Plan): RemediationView => {
  const id = `rem-${operationId}`;
  const verdict = 'approved' as const;
  const sealedAt = new Date().toISOString();
  const seal = sealOf(approvalKey, { remediationId: id, personId: 'ada', verdict, planHash, sealedAt });
  const by = { kind: 'person', id: 'ada', name: 'Ada' };
  return {
    id,
    approverRoles: ['commander'],
    notProposer: true,
    quorum: 1,
    proposedBy: { kind: 'muster', id: 'muster', name: 'Muster' },
    decisions: [{ by, at: sealedAt, verdict, planHash, reason: null, seal, sealedAt }],
  } as unknown as RemediationView;
};

const aWire = (database: Database): DatabaseWire => {
  const wire: DatabaseWire = {
    ...database,
    signals: [],
    beforeSignal: null,
    loseAnswer: false,
    loseRequest: false,
    async signal(how, key) {
      const { beforeSignal, loseAnswer, loseRequest } = wire;
      Object.assign(wire, { beforeSignal: null, loseAnswer: false, loseRequest: false });
      await beforeSignal?.(key);
      if (loseRequest) throw noAnswer();
      wire.signals.push({ how, pid: key.pid });
      const answer = await database.signal(how, key);
      if (loseAnswer) throw noAnswer();
      return answer;
    },
  };
  return wire;
};

const noAnswer = (): VendorError =>
  new VendorError('the connection was reset', { vendor: 'postgresql', status: null, terminal: false });
