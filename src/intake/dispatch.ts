/**
 * From the outbox to Temporal: starts, new alerts, acknowledgements from phones. Woken right after each commit, and
 * looking by itself for what another process left behind. A row leaves the outbox only after Temporal has it, so a
 * crash anywhere repeats a call and loses none: starts are once per incident id, batches and commands carry ids.
 */

import { Conflict, InvalidInput, NotFound, NotPermitted } from '../domain/errors.ts';
import { failpoint } from '../domain/failpoint.ts';
import { acceptsAlerts } from '../domain/incident/correlation.ts';
import { sha256 } from '../domain/sha256.ts';
import type { AlertReference } from '../schema/alert.ts';
import type { IncidentView } from '../schema/incident.ts';
import type { OutboxRow, Store } from '../store/store.ts';
import type { AttachAlerts, IncidentStart, RemoteControl } from '../temporal/client.ts';
import { isOver, nextWindow, type Window, waitMs } from './coalesce.ts';
import { type AttachPayload, monitor } from './correlate.ts';
import { categoryOf, newIncident } from './new-incident.ts';
import type { AcknowledgePayload } from './receive.ts';
import type { Rulebook } from './rulebook.ts';

export interface DispatcherDependencies {
  store: Store;
  remote: RemoteControl;
  rulebook: Rulebook;
  log: { info(facts: object, text: string): void; warn(facts: object, text: string): void };
  now?: () => number;
}

export interface Dispatcher {
  /** Something was committed: look now. Never throws, never waits. */
  wake(): void;
  /** Finishes what is in hand, takes nothing new. */
  stop(): Promise<void>;
}

/** How often the outbox is looked at without being woken: rows of processes that died, and pauses that ended. */
const sweepMs = 1_000;
/** A command waits for a worker as long as 15 s; enough lanes, so that others do not wait behind it. */
const incidentsAtOnceMax = 64;

export const startDispatcher = (dependencies: DispatcherDependencies): Dispatcher => {
  let stopped = false;
  let rung = false;
  let endPause: () => void = () => {};
  const wake = (): void => {
    rung = true;
    endPause();
  };
  const delivery = new Delivery(dependencies, wake);

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
      if (rung || stopped) endPause();
    });

  const loop = async (): Promise<void> => {
    while (!stopped) {
      rung = false;
      let pauseMs = sweepMs;
      try {
        pauseMs = await delivery.sweep();
      } catch (error) {
        dependencies.log.warn({ err: error }, 'the outbox cannot be read now');
      }
      await pause(pauseMs);
    }
  };
  const running = loop();

  return {
    wake,
    stop: async () => {
      stopped = true;
      endPause();
      await running;
      await delivery.finished();
    },
  };
};

class Delivery {
  private readonly store: Store;
  private readonly remote: RemoteControl;
  private readonly rulebook: Rulebook;
  private readonly log: DispatcherDependencies['log'];
  private readonly now: () => number;
  private readonly onDelivered: () => void;
  private readonly windows = new Map<string, Window>();
  /** Incidents whose next batch waits for its window. */
  private readonly parked = new Set<string>();
  /** Incidents that are being delivered: one call at a time each, so that order holds. */
  private readonly busy = new Map<string, Promise<void>>();

  constructor({ store, remote, rulebook, log, now }: DispatcherDependencies, onDelivered: () => void) {
    this.store = store;
    this.remote = remote;
    this.rulebook = rulebook;
    this.log = log;
    this.now = now ?? Date.now;
    this.onDelivered = onDelivered;
  }

  /** Takes what is due and does not wait for it; returns the milliseconds after which to look again. */
  async sweep(): Promise<number> {
    const lanes = incidentsAtOnceMax - this.busy.size;
    if (lanes <= 0) return sweepMs;
    const claimed = await this.store.intake.pendingOutbox(lanes);
    for (const id of new Set([...claimed.map(({ incidentId }) => incidentId), ...this.parked])) this.begin(id);
    for (const [incidentId, window] of this.windows) {
      if (isOver(window, this.now()) && !this.parked.has(incidentId)) this.windows.delete(incidentId);
    }
    const waits = [...this.parked].map((incidentId) => waitMs(this.windows.get(incidentId), this.now()));
    return Math.min(sweepMs, ...waits.map((ms) => Math.max(ms, 50)));
  }

  async finished(): Promise<void> {
    await Promise.all(this.busy.values());
  }

  private begin(incidentId: string): void {
    if (this.busy.has(incidentId)) return;
    const work = this.deliver(incidentId)
      .catch((error: unknown) => this.log.warn({ incidentId, err: error }, 'the outbox cannot be written now'))
      .finally(() => this.busy.delete(incidentId));
    this.busy.set(incidentId, work);
  }

  /** The first call that one incident has waiting. */
  private async deliver(incidentId: string): Promise<void> {
    const rows = await this.store.intake.outboxOf(incidentId);
    const [head] = rows;
    this.parked.delete(incidentId);
    if (!head) return;
    const batch = head.kind === 'attachAlerts' ? leadingAlerts(rows) : [head];
    if (head.kind === 'attachAlerts' && this.mustWait(incidentId, rows, batch)) {
      this.parked.add(incidentId);
      return;
    }
    try {
      await this.hand(batch);
    } catch (error) {
      const because = error instanceof Error ? error.message : 'no reason given';
      this.log.warn({ incidentId, kind: head.kind, attempts: head.attempts, because }, 'Temporal has not taken it yet');
      return this.store.intake.outboxFailed(head.id, because);
    }
    // The head goes last: while it is there nobody else may take the rows behind it.
    for (const row of batch.reverse()) await this.store.intake.outboxDone(row.id);
    if (rows.length > batch.length) this.onDelivered();
  }

  /** Worse news and whatever stands behind alerts - an acknowledgement - do not wait. */
  private mustWait(incidentId: string, rows: OutboxRow[], batch: OutboxRow[]): boolean {
    const urgent = rows.length > batch.length || batch.some((row) => (row.payload as AttachPayload).raise !== null);
    return !urgent && waitMs(this.windows.get(incidentId), this.now()) > 0;
  }

  private async hand(batch: OutboxRow[]): Promise<void> {
    const [head] = batch;
    if (!head) return;
    switch (head.kind) {
      case 'start':
        return this.start(head);
      case 'attachAlerts':
        return this.attach(head.incidentId, batch);
      case 'acknowledge':
        return this.acknowledge(head);
    }
  }

  /** `alreadyStarted` is our own start whose answer was lost: the id is ours alone and the input is this very row. */
  private async start(row: OutboxRow): Promise<void> {
    failpoint('dispatch:before-start');
    const outcome = await this.remote.startIncident(row.payload as IncidentStart);
    failpoint('dispatch:after-start');
    this.log.info({ incidentId: row.incidentId, outcome }, 'incident handed to Temporal');
  }

  private async attach(incidentId: string, batch: OutboxRow[]): Promise<void> {
    const message = messageOf(batch);
    const view = await this.store.incidents.incident(incidentId);
    failpoint('dispatch:before-signal');
    try {
      // A workflow lives on for a moment after its incident is over, and would let the alerts fall.
      if (view && !acceptsAlerts(view.status)) throw new NotFound(`${incidentId} is ${view.status}`);
      await this.remote.attachAlerts(view?.workflowId ?? incidentId, message);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      await this.continueElsewhere(incidentId, view, batch, message);
    }
    failpoint('dispatch:after-signal');
    this.windows.set(incidentId, nextWindow(this.windows.get(incidentId), this.now()));
  }

  /** The incident ended while its alert was on the way: what still fires goes on in a new one, linked to the old. */
  private async continueElsewhere(
    incidentId: string,
    old: IncidentView | null,
    batch: OutboxRow[],
    message: AttachAlerts,
  ): Promise<void> {
    const firing = message.alerts.filter(({ status }) => status === 'firing');
    const [lead] = firing;
    const [row] = batch;
    if (!lead || !row || !old) return;
    const { correlationKey } = row.payload as AttachPayload;
    const open = await this.store.incidents.openIncidentFor(correlationKey);
    if (open && open.id !== incidentId && acceptsAlerts(open.status)) {
      return this.remote.attachAlerts(open.workflowId, { ...message, alerts: firing });
    }
    const pack = this.rulebook.pack(old.pack);
    const declaredAt = new Date(this.now()).toISOString();
    const categories = (await this.store.intake.alerts(old.id)).map(categoryOf);
    const { incident, start } = newIncident(this.rulebook, pack, {
      id: await this.store.incidents.allocateIncidentId(pack.incidentId, declaredAt),
      title: lead.title.slice(0, 200),
      summary: `New alerts came while ${old.id} was being closed.`,
      severity: message.severity ?? old.severity,
      service: old.service,
      category: categories.find((category) => category !== null) ?? null,
      declaredAt,
      declaredBy: monitor(lead.source),
      drill: old.drill,
      speed: old.speed,
      alerts: firing,
      continues: old.id,
      correlationKey,
      // The same rows after a crash find the incident that was declared for them.
      idempotencyKey: `continues/${old.id}/${row.id}`,
      overrides: await this.store.overrides.inForce(declaredAt),
    });
    const declared = await this.store.incidents.declare(incident, start);
    this.log.info({ incidentId: declared.view.id, continues: old.id }, 'declared for alerts of an ended incident');
  }

  /** The same row is the same command, however often it is sent; one that comes too late changes nothing. */
  private async acknowledge(row: OutboxRow): Promise<void> {
    const { person, at } = row.payload as AcknowledgePayload;
    const view = await this.store.incidents.incident(row.incidentId);
    const name = this.rulebook.organisation.people[person]?.name ?? person;
    const by = { kind: 'person' as const, id: person, name };
    failpoint('dispatch:before-acknowledge');
    try {
      await this.remote.command(
        view?.workflowId ?? row.incidentId,
        'acknowledge',
        { by, note: 'on the phone' },
        `outbox-${row.id}`,
      );
    } catch (error) {
      if (!isFinal(error)) throw error;
      this.log.info(
        { incidentId: row.incidentId, person, at, because: error.message },
        'acknowledgement came too late',
      );
    }
    failpoint('dispatch:after-acknowledge');
  }
}

const isFinal = (error: unknown): error is Error =>
  error instanceof NotFound ||
  error instanceof Conflict ||
  error instanceof InvalidInput ||
  error instanceof NotPermitted;

const leadingAlerts = (rows: OutboxRow[]): OutboxRow[] => {
  const end = rows.findIndex(({ kind }) => kind !== 'attachAlerts');
  return rows.slice(0, Math.min(end === -1 ? rows.length : end, rowsPerMessageMax));
};
const rowsPerMessageMax = 50;

const worstOf = (payloads: AttachPayload[]): string | null =>
  payloads
    .map(({ raise }) => raise)
    .reduce((worst, raise) => (raise && raise.rank < (worst?.rank ?? 99) ? raise : worst), null)?.severity ?? null;

/** One message of several rows. Its id follows from the rows, so that the same rows are the same batch. */
const messageOf = (batch: OutboxRow[]): AttachAlerts => {
  const payloads = batch.map((row) => row.payload as AttachPayload);
  const latest = new Map<string, AlertReference>();
  for (const alert of payloads.flatMap(({ alerts }) => alerts)) {
    latest.set(JSON.stringify([alert.source, alert.fingerprint]), alert);
  }
  return {
    batchId: sha256(batch.map(({ id }) => id).join(',')).slice(0, 16),
    alerts: [...latest.values()],
    severity: worstOf(payloads),
  };
};
