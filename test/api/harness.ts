/** The API on a real database, with a stand-in for Temporal that remembers what it was told and refuses on request. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, buildApp } from '../../src/api/app.ts';
import { identities } from '../../src/api/auth.ts';
import { startChangeFeed } from '../../src/api/change-feed.ts';
import type { ApiDependencies } from '../../src/api/dependencies.ts';
import { createMetrics } from '../../src/api/metrics.ts';
import { rulebookOf } from '../../src/api/rulebook.ts';
import { NotFound, Unavailable } from '../../src/domain/errors.ts';
import { sandboxToken } from '../../src/domain/sandbox-token.ts';
import { type Dispatcher, startDispatcher } from '../../src/intake/dispatch.ts';
import { createReceiver } from '../../src/intake/receive.ts';
import type { Rulebook } from '../../src/intake/rulebook.ts';
import { openSpool, type Spool } from '../../src/intake/spool.ts';
import { alertmanagerWebhook } from '../../src/integrations/alertmanager/webhook.ts';
import { cloudwatchWebhook } from '../../src/integrations/cloudwatch/webhook.ts';
import { genericWebhook } from '../../src/integrations/generic/webhook.ts';
import { githubWebhook } from '../../src/integrations/github/webhook.ts';
import { pagerdutyWebhook } from '../../src/integrations/pagerduty/webhook.ts';
import { loadPacks } from '../../src/packs/load.ts';
import type { IncidentView } from '../../src/schema/incident.ts';
import type { RemediationView } from '../../src/schema/remediation.ts';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import type { AttachAlerts, IncidentCommand, IncidentStart, RemoteControl } from '../../src/temporal/client.ts';
import { testDatabase } from '../support/postgres.ts';
import { sandboxOrganisation } from '../support/sandbox-organisation.ts';
import { type SnsTopic, snsTopic } from './sns-signer.ts';

export const approvalKey = 'a key of the tests, long enough to be one';
export const operatorToken = 'operator-token-for-tests';
export const sandboxSecret = 'sandbox-secret-for-tests';
export const githubSecret = 'github-secret-for-tests';
export const pagerdutySecret = 'pagerduty-secret-for-tests';
export const personToken = (id: string): string => sandboxToken(sandboxSecret, `person:${id}`);

export const organisation = sandboxOrganisation;
export const rulebook: Rulebook = rulebookOf(loadPacks([], organisation), organisation, 'guide-sev1-sev3');

export interface StandInTemporal extends RemoteControl {
  started: IncidentStart[];
  attached: { workflowId: string; batch: AttachAlerts }[];
  commands: { workflowId: string; name: IncidentCommand; payload: unknown; updateId: string }[];
  decisions: { verdict: string; decision: unknown }[];
  previewed: Parameters<RemoteControl['preview']>[0][];
  /** Throws from each call while it is set. */
  failure: Error | null;
  /** Workflows that have ended. */
  ended: Set<string>;
}

const standInTemporal = (store: Store): StandInTemporal => {
  const running = new Set<string>();
  const answered = new Set<string>();
  const mustRun = (workflowId: string): void => {
    if (temporal.failure) throw temporal.failure;
    if (temporal.ended.has(workflowId) || !running.has(workflowId)) throw new NotFound('no such workflow runs');
  };
  const viewOf = async (id: string): Promise<IncidentView> => {
    const view = await store.incidents.incident(id);
    if (!view) throw new NotFound('no such workflow runs');
    return view;
  };
  const temporal: StandInTemporal = {
    started: [],
    attached: [],
    commands: [],
    decisions: [],
    previewed: [],
    failure: null,
    ended: new Set(),
    async startIncident(start) {
      if (temporal.failure) throw temporal.failure;
      if (running.has(start.incidentId)) return 'alreadyStarted';
      running.add(start.incidentId);
      temporal.started.push(start);
      return 'started';
    },
    async attachAlerts(workflowId, batch) {
      mustRun(workflowId);
      temporal.attached.push({ workflowId, batch });
    },
    async command(workflowId, name, payload, updateId) {
      mustRun(workflowId);
      if (!answered.has(updateId)) temporal.commands.push({ workflowId, name, payload, updateId });
      answered.add(updateId);
      return viewOf(workflowId);
    },
    async decide(_target, verdict, decision) {
      if (temporal.failure) throw temporal.failure;
      temporal.decisions.push({ verdict, decision });
      const view = await store.remediations.remediation(decision.remediationId);
      return view as RemediationView;
    },
    async preview(asked) {
      if (temporal.failure) throw temporal.failure;
      temporal.previewed.push(asked);
      return { kind: 'refused', because: 'no cluster is behind this test' };
    },
    async addActionItem(_incidentId, { text, owner, dueAt }) {
      if (temporal.failure) throw temporal.failure;
      return { id: '1', text, owner, dueAt: dueAt ?? null, doneAt: null };
    },
    async completeActionItem(_incidentId, { id }) {
      if (temporal.failure) throw temporal.failure;
      return { id, text: 'done', owner: 'dana', dueAt: null, doneAt: new Date().toISOString() };
    },
    view: viewOf,
    async ready() {
      if (temporal.failure) throw temporal.failure;
    },
    close: async () => {},
  };
  return temporal;
};

export interface Harness {
  app: App;
  store: Store;
  temporal: StandInTemporal;
  dispatcher: Dispatcher;
  spool: Spool;
  topic: SnsTopic;
  databaseUrl: string;
  /** As a person with this token; `operator` when none is given. */
  ask(method: 'GET' | 'POST', url: string, body?: object, token?: string): Promise<Answer>;
  /** An authentic alert through the generic source. */
  alert(body: object): Promise<Answer>;
  drainSpool(): Promise<number>;
  close(): Promise<void>;
}
export interface Answer {
  status: number;
  body: Record<string, never> & { [key: string]: unknown };
  text: string;
  headers: Record<string, unknown>;
}

export const anApi = async (
  options: {
    store?: (store: Store) => Store;
    sandbox?: ApiDependencies['sandbox'];
    drillSchedules?: ApiDependencies['drillSchedules'];
    shifts?: ApiDependencies['shifts'];
    spoolBytesMax?: number;
    rulebook?: Rulebook;
    remediation?: ApiDependencies['remediation'];
  } = {},
): Promise<Harness> => {
  const rules = options.rulebook ?? rulebook;
  const database = await testDatabase();
  const opened = await openStore(database.url, { migrate: false, name: 'api-test', outboxLeaseMs: 500 });
  const store = options.store ? options.store(opened) : opened;
  const folder = await mkdtemp(join(tmpdir(), 'muster-api-'));
  const spool = await openSpool(folder, options.spoolBytesMax ? { bytesMax: options.spoolBytesMax } : {});
  const temporal = standInTemporal(store);
  const metrics = createMetrics(store, () => spool.waiting());
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const dispatcher = startDispatcher({ store, remote: temporal, rulebook: rules, log: quiet });
  const topic = snsTopic();
  const receiver = createReceiver({
    store,
    rulebook: rules,
    webhooks: [
      alertmanagerWebhook(),
      genericWebhook(),
      cloudwatchWebhook({ topicArns: [topic.arn], fetchText: topic.fetchText }),
      pagerdutyWebhook([pagerdutySecret]),
      githubWebhook(['another-secret-for-tests', githubSecret]),
    ],
    tokensOf: (source) => [operatorToken, sandboxToken(sandboxSecret, `source:${source}`)],
    spool,
    wake: dispatcher.wake,
    log: quiet,
    onDelivery: metrics.onDelivery,
    onAlerts: metrics.onAlerts,
  });
  const feed = await startChangeFeed(store);
  const app = await buildApp({
    store,
    rulebook: rules,
    ...(options.remediation ? { remediation: options.remediation } : {}),
    receiver,
    remote: temporal,
    identities: identities({ token: operatorToken, sandboxSecret, organisation }),
    approvalKey,
    feed,
    metrics,
    wake: dispatcher.wake,
    sandbox: options.sandbox ?? null,
    drillSchedules: options.drillSchedules ?? null,
    shifts: options.shifts ?? null,
    showDrills: true,
    webRoot: null,
    secureCookies: false,
    isServing: () => true,
    logLevel: 'silent',
    heartbeatMs: 200,
  });
  const ask: Harness['ask'] = async (method, url, body, token = operatorToken) => {
    const answer = await app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${token}` },
      ...(body ? { payload: body } : {}),
    });
    return readAnswer(answer);
  };
  return {
    app,
    store,
    temporal,
    dispatcher,
    spool,
    topic,
    databaseUrl: database.url,
    ask,
    alert: (body) => ask('POST', '/webhooks/generic', body),
    drainSpool: receiver.drainSpool,
    close: async () => {
      await feed.close();
      await app.close();
      await dispatcher.stop();
      await spool.close();
      await opened.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

export const readAnswer = (answer: { statusCode: number; body: string; headers: object }): Answer => {
  let body: Answer['body'] = {};
  try {
    body = JSON.parse(answer.body) as Answer['body'];
  } catch {
    // Markdown, HTML, or nothing.
  }
  return { status: answer.statusCode, body, text: answer.body, headers: { ...answer.headers } };
};

export const temporalIsAway = (): Error => new Unavailable('Temporal does not answer; try again');

/** Polls until the condition holds; fails with its last words after the bound. */
export const eventually = async (condition: () => boolean | Promise<boolean>, msMax = 10_000): Promise<void> => {
  const until = Date.now() + msMax;
  while (!(await condition())) {
    if (Date.now() > until) throw new Error(`still not true after ${msMax} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
