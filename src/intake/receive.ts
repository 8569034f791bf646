/**
 * From raw bytes to a receipt. Order: who sent it, what it is, is it a repeat, which incidents - and a 2xx only after an
 * fsynced commit, in PostgreSQL or, while that is away, in the spool. Our own trouble is answered 503, never 4xx:
 * senders drop what they get a 4xx for.
 */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { Conflict, MusterError, NotAuthenticated, Unavailable } from '../domain/errors.ts';
import { failpoint } from '../domain/failpoint.ts';
import { createGate } from '../domain/gate.ts';
import type { ParsedDelivery, Webhook } from '../integrations/integration.ts';
import type { Alert } from '../schema/alert.ts';
import type { Receipt } from '../schema/api.ts';
import type { TakenReport } from '../schema/report.ts';
import type { DeliveryRecord, DrillRow, Store } from '../store/store.ts';
import { boundedAlert } from './bounded-alert.ts';
import { newChanges } from './changes.ts';
import { correlate, type DrilledAlert } from './correlate.ts';
import { bodyHashOf, excerptOf, faultOf, payloadBytesMax, storable } from './payload.ts';
import { countReports, type ReportOrder, takeReport } from './reports.ts';
import type { Rulebook } from './rulebook.ts';
import type { Spool } from './spool.ts';

export interface IncomingRequest {
  source: string;
  headers: Record<string, string | undefined>;
  /** At most payloadBytesMax and one byte more: that byte says it was longer. */
  raw: Buffer;
  /** Milliseconds. */
  now: number;
}

/** What the sender is answered. */
export type Answer =
  /** `practice`: everything in it belongs to drills. */
  | { kind: 'accepted' | 'repeat'; receipt: Receipt; practice: boolean }
  /** Authentic, kept for a person, and of no use to send again. */
  | { kind: 'refused'; tooLarge: boolean; reason: string };

export interface ReceiverDependencies {
  store: Store;
  rulebook: Rulebook;
  webhooks: readonly Webhook[];
  /** Bearer tokens that may send from a source. */
  tokensOf: (source: string) => readonly string[];
  spool: Spool;
  /** After each commit: the outbox has something. */
  wake: () => void;
  log: { warn(facts: object, text: string): void; error(facts: object, text: string): void };
  /** Deliveries of drills are not counted. */
  onDelivery?: (source: string, outcome: 'accepted' | 'repeat' | 'refused' | 'unauthenticated' | 'spooled') => void;
  /** Alerts of drills are not counted. */
  onAlerts?: (source: string, alerts: number, quarantined: number) => void;
}

/** A transport retry comes within minutes; the same bytes later are a new statement of the monitor. */
const sameBytesMs = 5 * 60_000;
/** Below the store's pool, so that a storm of commits never waits for itself. */
const commitsAtOnceMax = 4;

export interface Receiver {
  /** Throws NotAuthenticated (constant words), or Unavailable when nothing durable could be written. */
  receive(request: IncomingRequest): Promise<Answer>;
  /** One report of a customer; see takeReport. It never waits in the spool: whoever sends it is told to come again. */
  report(order: ReportOrder): Promise<TakenReport>;
  /** Whether this Authorization header holds a token of the source. */
  knows(source: string, authorization: string | undefined): boolean;
  /** Commits what waits in the spool; safe to call at any time. */
  drainSpool(): Promise<number>;
  canAccept(): Promise<boolean>;
}

export const createReceiver = (dependencies: ReceiverDependencies): Receiver => {
  const { store, spool, log } = dependencies;
  const gate = createGate(commitsAtOnceMax);
  const count = dependencies.onDelivery ?? (() => {});
  const webhookOf = (source: string) => dependencies.webhooks.find((webhook) => webhook.source === source);

  return {
    async receive(request) {
      const webhook = webhookOf(request.source);
      try {
        await authenticate(webhook, request, dependencies.tokensOf(request.source));
      } catch (error) {
        if (!(error instanceof NotAuthenticated)) throw error;
        const source = webhook ? request.source : 'unknown';
        count(source, 'unauthenticated');
        log.warn({ source, because: error.message }, 'delivery refused');
        throw new NotAuthenticated(strangerAnswer);
      }
      const prepared = await prepare(webhook as Webhook, request);
      try {
        const answer = await gate(() => settleAnyhow(dependencies, prepared, randomUUID()));
        if (answer.kind === 'refused' || !answer.practice) count(request.source, answer.kind);
        if (answer.kind === 'accepted') dependencies.wake();
        return answer;
      } catch (error) {
        log.error({ source: request.source, err: error }, 'a delivery cannot be committed: it goes to the spool');
        const answer = await putIntoSpool(spool, request, prepared);
        count(request.source, 'spooled');
        return answer;
      }
    },

    async report(order) {
      const taken = await gate(() => takeReport(dependencies, order, randomUUID()));
      if (!taken.repeat) dependencies.wake();
      return taken;
    },

    knows: (source, authorization) => holdsOneOf(dependencies.tokensOf(source), authorization),

    async drainSpool() {
      if (spool.waiting() === 0 || (await isAway(store))) return 0;
      const done = await spool.drain(async (delivery) => {
        const webhook = webhookOf(delivery.source);
        const raw = Buffer.from(delivery.bodyBase64, 'base64');
        const now = Date.parse(delivery.receivedAt);
        if (!webhook)
          throw new Unavailable(`the source ${delivery.source} of a waiting delivery is not set up any more`);
        const prepared = await prepare(webhook, { source: delivery.source, headers: delivery.headers, raw, now });
        await gate(() => settleAnyhow(dependencies, prepared, delivery.id));
      });
      if (done > 0) dependencies.wake();
      return done;
    },

    canAccept: async () => !(await isAway(store)) || spool.hasRoom(),
  };
};

// --- who sent it ----------------------------------------------------------------------------------------------------

const strangerAnswer = 'this delivery is not authentic; check the source, its token or its signing secret';

const authenticate = async (
  webhook: Webhook | undefined,
  request: IncomingRequest,
  tokens: readonly string[],
): Promise<void> => {
  if (!webhook) throw new NotAuthenticated('no such source');
  if (webhook.bearer && !holdsOneOf(tokens, request.headers.authorization)) {
    throw new NotAuthenticated('wrong bearer token');
  }
  await webhook.verify({ headers: request.headers, raw: request.raw, now: request.now });
};

const holdsOneOf = (tokens: readonly string[], authorization: string | undefined): boolean => {
  const given = /^Bearer ([^\s]{1,512})$/i.exec(authorization ?? '')?.[1];
  return given !== undefined && tokens.some((token) => sameSecret(given, token));
};

/** Digests have one length, so neither content nor length of a secret shows in the time it takes. */
export const sameSecret = (given: string, expected: string): boolean => {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
};

// --- what it is -----------------------------------------------------------------------------------------------------

/** A delivery that is authentic, with what it says; `fault`: nothing in it can be read by machine or person. */
interface Prepared {
  request: IncomingRequest;
  receivedAt: string;
  bodyHash: string;
  fault: string | null;
  /** What cannot be judged of it is a matter for whoever is on call. */
  isOfTrouble: boolean;
  parsed: ParsedDelivery;
}

const prepare = async (webhook: Webhook, request: IncomingRequest): Promise<Prepared> => {
  const fault = faultOf(request.raw);
  return {
    request,
    receivedAt: new Date(request.now).toISOString(),
    bodyHash: bodyHashOf(request.raw),
    fault,
    isOfTrouble: webhook.tellsOfTrouble !== false,
    parsed: fault ? nothingParsed : await parse(webhook, request),
  };
};
const nothingParsed: ParsedDelivery = { alerts: [], quarantined: [], answers: [], deliveryId: null, note: null };

/**
 * A delivery that the database takes and our own rules choke on still reaches a person, as one that cannot be read.
 * Throws when the database is away.
 */
const settleAnyhow = async (dependencies: ReceiverDependencies, prepared: Prepared, id: string): Promise<Answer> => {
  try {
    return await settle(dependencies, prepared, id);
  } catch (error) {
    if (error instanceof Unavailable || prepared.fault || (await isAway(dependencies.store))) throw error;
    dependencies.log.error({ source: prepared.request.source, err: error }, 'a delivery could not be judged');
    const reason = 'Muster failed to judge it; see its log';
    const kept = prepared.isOfTrouble
      ? { alerts: [unreadableAlert(prepared.request, reason)] }
      : { quarantined: [{ reason, excerpt: excerptOf(prepared.request.raw) }] };
    const parsed = { ...nothingParsed, deliveryId: prepared.parsed.deliveryId, ...kept };
    return settle(dependencies, { ...prepared, parsed }, id);
  }
};

/** Commits, or finds it committed. Throws Unavailable when the database is away. */
const settle = async (dependencies: ReceiverDependencies, prepared: Prepared, id: string): Promise<Answer> => {
  const { store, log } = dependencies;
  const { request, parsed, fault } = prepared;
  const since = new Date(request.now - sameBytesMs).toISOString();
  const earlier = await store.intake.receiptOf(request.source, parsed.deliveryId, prepared.bodyHash, since);
  if (fault) {
    if (!earlier)
      await store.intake.commit(record(prepared, id), [{ reason: fault, excerpt: excerptOf(request.raw) }], nothing);
    dependencies.onAlerts?.(request.source, 0, 1);
    log.warn({ source: request.source, because: fault }, 'a source sends what cannot be read');
    return refusal(prepared);
  }
  const content = await contentOf(store, parsed);
  const { practice } = content;
  if (earlier) return repeat(earlier.receipt, earlier.incidents, practice);
  failpoint('intake:before-commit');
  try {
    const incidents = await commit(dependencies, prepared, content, id);
    failpoint('intake:after-commit');
    const live = content.alerts.filter(({ drill }) => drill === null);
    if (!practice) dependencies.onAlerts?.(request.source, live.length, parsed.quarantined.length);
    return { kind: 'accepted', receipt: { receipt: id, accepted: acceptedOf(parsed), incidents }, practice };
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    const { receipt, incidents } = error.details as { receipt?: string; incidents?: string[] };
    if (!receipt) throw error;
    return repeat(receipt, incidents ?? [], practice);
  }
};

const record = ({ request, parsed, fault, bodyHash, receivedAt }: Prepared, id: string): DeliveryRecord => ({
  id,
  source: request.source,
  deliveryId: parsed.deliveryId,
  bodyHash,
  receivedAt,
  body: fault ? excerptOf(request.raw) : storable(request.raw.toString('utf8')),
  note: fault ?? parsed.note,
});

const nothing = async (): Promise<void> => {};
const acceptedOf = ({ alerts, reports = [], changes = [], answers }: ParsedDelivery): number =>
  alerts.length + reports.length + changes.length + answers.length;
const repeat = (receipt: string, incidents: string[], practice: boolean): Answer => ({
  kind: 'repeat',
  receipt: { receipt, accepted: 0, incidents },
  practice,
});
const refusal = ({ request, fault }: Prepared): Answer => ({
  kind: 'refused',
  tooLarge: request.raw.length > payloadBytesMax,
  reason: fault ?? 'it cannot be read',
});

/** Never throws: an alert we cannot read is still an alert, and a person reads it. */
const parse = async (webhook: Webhook, request: IncomingRequest): Promise<ParsedDelivery> => {
  try {
    const parsed = await webhook.parse(request);
    const alerts = parsed.alerts.map(boundedAlert);
    const quarantined = parsed.quarantined.slice(0, quarantinedMax).map(({ reason, excerpt }) => ({
      reason: storable(reason.slice(0, 1_000)),
      excerpt: storable(excerpt.slice(0, 4_000)),
    }));
    const isOfTrouble = webhook.tellsOfTrouble !== false;
    const unreadable = isOfTrouble && alerts.length === 0 && !parsed.reports?.length && quarantined.length > 0;
    const reason = quarantined[0]?.reason ?? 'no readable alert';
    return { ...parsed, quarantined, alerts: unreadable ? [unreadableAlert(request, reason)] : alerts };
  } catch (error) {
    const reason = error instanceof MusterError ? error.message : 'it has a shape that nobody expected';
    const isOfTrouble = webhook.tellsOfTrouble !== false;
    const kept = { reason: storable(reason.slice(0, 1_000)), excerpt: excerptOf(request.raw) };
    return {
      alerts: isOfTrouble ? [unreadableAlert(request, reason)] : [],
      quarantined: isOfTrouble ? [] : [kept],
      answers: [],
      deliveryId: null,
      note: storable(reason.slice(0, 1_000)),
    };
  }
};
const quarantinedMax = 200;

/** All unreadable deliveries of one source are one problem: its format changed. */
const unreadableAlert = (request: IncomingRequest, reason: string): Alert => ({
  source: request.source,
  fingerprint: `unreadable:${request.source}`,
  status: 'firing',
  title: `Alert from ${request.source} that cannot be read`,
  summary: storable(`Authentic, but ${reason.slice(0, 500)}\n\n${request.raw.subarray(0, 1_500).toString('utf8')}`),
  service: null,
  severityLabel: null,
  startsAt: '',
  endsAt: null,
  signals: {},
  labels: {},
  link: null,
});

// --- which incidents ------------------------------------------------------------------------------------------------

interface Content {
  alerts: DrilledAlert[];
  answers: { incidentId: string; payload: AcknowledgePayload }[];
  practice: boolean;
}

const contentOf = async (store: Store, parsed: ParsedDelivery): Promise<Content> => {
  const alerts = await withDrills(store, parsed.alerts);
  const answers = await answersOf(store, parsed.answers);
  const parts = alerts.map(({ drill }) => drill !== null);
  for (const { incidentId } of answers) parts.push((await store.incidents.incident(incidentId))?.drill === true);
  // Nobody reports in practice: customers do not know of drills.
  const reported = (parsed.reports ?? []).length > 0;
  const foreign = reported || parsed.quarantined.length > 0 || answers.length < parsed.answers.length;
  return { alerts, answers, practice: !foreign && parts.length > 0 && parts.every(Boolean) };
};

const commit = async (
  dependencies: ReceiverDependencies,
  prepared: Prepared,
  { alerts, answers }: Content,
  id: string,
): Promise<string[]> => {
  const { store, rulebook } = dependencies;
  const { parsed, receivedAt } = prepared;
  let outcome: Awaited<ReturnType<typeof correlate>> = { incidents: [], drills: [] };
  await store.intake.commit(record(prepared, id), parsed.quarantined, async (tx) => {
    const { source } = prepared.request;
    const { reports = [], changes = [] } = parsed;
    await tx.changes.record(
      changes.flatMap((given, at) =>
        newChanges(given, { source, person: null, key: `${id}/${at}`, receivedAt }, rulebook.organisation),
      ),
    );
    const counted = await countReports({ tx, rulebook, reports, delivery: id, receivedAt, by: source });
    outcome = await correlate({
      tx: counted.tx,
      rulebook,
      alerts: [...alerts, ...counted.alerts.map((alert) => ({ alert, drill: null }))],
      receivedAt,
      incident: (incidentId) => store.incidents.incident(incidentId),
      overrides: store.overrides.inForce,
    });
    await counted.settle();
    for (const { incidentId, payload } of answers) await tx.enqueue({ incidentId, kind: 'acknowledge', payload });
  });
  for (const { drillId, incidentId } of outcome.drills) await store.intake.claimDrill(drillId, incidentId);
  return [...new Set([...outcome.incidents, ...answers.map(({ incidentId }) => incidentId)])];
};

/** The label names a drill that was started here; any other value is a real alert. */
const withDrills = async (store: Store, alerts: Alert[]): Promise<DrilledAlert[]> => {
  const known = new Map<string, DrillRow | null>();
  const drilled: DrilledAlert[] = [];
  for (const alert of alerts) {
    const id = alert.labels.muster_drill;
    if (id && !known.has(id)) known.set(id, await store.intake.drill(id));
    drilled.push({ alert, drill: (id && known.get(id)) || null });
  }
  return drilled;
};

/** What people pressed on their phones, as commands; answers to pages that are not ours are only recorded. */
const answersOf = async (
  store: Store,
  answers: ParsedDelivery['answers'],
): Promise<{ incidentId: string; payload: AcknowledgePayload }[]> => {
  const found = [];
  for (const answer of answers) {
    const page = await store.intake.pageOf(answer.dedupKey);
    if (page) found.push({ incidentId: page.incidentId, payload: { person: page.person, at: answer.at } });
  }
  return found;
};

/** Payload of an `acknowledge` row in the outbox. */
export interface AcknowledgePayload {
  person: string;
  at: string;
}

// --- when the database is away --------------------------------------------------------------------------------------

const isAway = async (store: Store): Promise<boolean> => {
  try {
    await store.ready();
    return false;
  } catch {
    return true;
  }
};

const putIntoSpool = async (spool: Spool, request: IncomingRequest, prepared: Prepared): Promise<Answer> => {
  const id = randomUUID();
  const webhookId = request.headers['x-webhook-id'];
  await spool.add({
    id,
    source: request.source,
    receivedAt: prepared.receivedAt,
    headers: webhookId === undefined ? {} : { 'x-webhook-id': webhookId },
    bodyBase64: request.raw.toString('base64'),
  });
  if (prepared.fault) return refusal(prepared);
  const receipt = { receipt: id, accepted: acceptedOf(prepared.parsed), incidents: [] };
  // While the database is away nobody can say whether it is a drill's: it counts.
  return { kind: 'accepted', receipt, practice: false };
};
