import { setCurrentDetails } from '@temporalio/workflow';
import type { IncidentContext, ServiceFacts, SignalValue } from '../activities/index.ts';
import { deadlinesOf } from '../src/domain/incident/deadlines.ts';
import type { FactNow } from '../src/domain/incident/due.ts';
import { evolve } from '../src/domain/incident/evolve.ts';
import type { Fact } from '../src/domain/incident/fact.ts';
import { type IncidentState, type Rules, severityPolicy } from '../src/domain/incident/state.ts';
import { viewOf } from '../src/domain/incident/view.ts';
import type { Ending } from '../src/domain/runbook/next.ts';
import type { AlertReference } from '../src/schema/alert.ts';
import type { IncidentView } from '../src/schema/incident.ts';
import { boardOf } from './board.ts';
import { Alarm } from './deadlines.ts';
import { Outbox } from './outbox.ts';

/** Where an incident is worked on: its state, its rules and its one way to change. */
export class Desk {
  state: IncidentState;
  rules: Rules;
  readonly service: ServiceFacts | null;
  /** What whoever declared it answered to the pack's questions. */
  readonly answers: Record<string, SignalValue>;
  readonly outbox: Outbox;
  readonly alarm: Alarm;
  /** Something happened since the main loop last looked. */
  changed = true;
  /** Evidence is to be read, for the first time or anew. */
  wantsDiagnosis = false;
  /** The step of the runbook that has ended, when the diagnosis is to choose the next one. */
  after: { step: string; ending: Ending } | null = null;
  /** Alerts that came when everything had been said: the next incident's. */
  readonly late: AlertReference[] = [];
  /** Another policy was applied and the store has not heard of it. */
  policyIsNew = false;
  /** The room is being opened. */
  openingRoom = false;
  /** A sample of the hold is being read. */
  looking = false;
  private readonly running = new Set<Promise<void>>();

  constructor(state: IncidentState, rules: Rules, service: ServiceFacts | null, answers: Record<string, SignalValue>) {
    this.state = state;
    this.rules = rules;
    this.service = service;
    this.answers = answers;
    this.alarm = new Alarm(() => this.stir(), state.speed);
    this.outbox = new Outbox(this);
  }

  /** Writes a fact into the incident and queues what is to be told of it. */
  take(fact: FactNow): void {
    const { state, entries, announcements } = evolve(this.state, { ...fact, at: Date.now() } as Fact, this.rules);
    this.state = state;
    this.outbox.entries.push(...entries);
    for (const announcement of announcements) this.outbox.announce(announcement);
    this.stir();
  }

  stir(): void {
    this.changed = true;
  }

  /** Runs beside the main loop; a failure of it must already have been turned into a fact. */
  background(work: () => Promise<void>): void {
    const promise: Promise<void> = work().finally(() => {
      this.running.delete(promise);
      this.stir();
    });
    this.running.add(promise);
  }

  get busy(): boolean {
    return this.running.size > 0;
  }

  get context(): IncidentContext {
    const { id, title, pack, severity, service, team, drill, speed, declaredAt } = this.state;
    return {
      incidentId: id,
      title,
      pack,
      severity,
      rank: severityPolicy(this.state, this.rules).rank,
      service,
      team,
      drill,
      speed,
      declaredAt: new Date(declaredAt).toISOString(),
    };
  }

  get view(): IncidentView {
    return viewOf(this.state, this.rules);
  }

  /** Where the room's messages go: the incident's own room, the shared one, or the channel that hears of everything. */
  get channel(): string {
    const { room } = this.rules.policy;
    const shared = severityPolicy(this.state, this.rules).room === 'shared' ? room.shared : undefined;
    return this.state.room?.id ?? `#${(shared ?? room.notifyChannel).replace(/^#/, '')}`;
  }

  /** A room of its own is wanted and may still come. */
  get wantsRoom(): boolean {
    const { room, roomFailed } = this.state;
    return !room && !roomFailed && severityPolicy(this.state, this.rules).room === 'own';
  }

  /** Sets the timer for the soonest deadline and the board that the Temporal UI shows. */
  rest(): void {
    const dues = deadlinesOf(this.state, this.rules);
    // What is overdue has been started already; its outcome wakes the loop by itself.
    this.alarm.set(dues.find((due) => due.at > Date.now()) ?? null);
    setCurrentDetails(boardOf(this.view));
  }
}
