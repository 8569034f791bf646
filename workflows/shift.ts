/**
 * The shifts of one schedule, one after the other: before a change ask for a note, at the change for acceptance, remind,
 * and say so when nobody accepts. Lives as long as the organisation has the schedule, in short histories.
 */
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  log,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ShiftActivities, ShiftMessage } from '../activities/shift.ts';
import { instant } from '../src/domain/duration.ts';
import * as shifts from '../src/domain/on-call/shift.ts';
import type { ShiftLook } from '../src/domain/on-call/shift-look.ts';
import type { ShiftView } from '../src/schema/shift.ts';
import { handingOver, looking, telling } from './activity-options.ts';
import { Alarm } from './deadlines.ts';
import * as messages from './messages.ts';
import { reasonOf } from './outbox.ts';

export interface ShiftInput {
  schedule: string;
  /** Set by continue-as-new only. */
  carried?: shifts.ShiftState;
}

const reads = proxyActivities<ShiftActivities>(looking);
const tells = proxyActivities<ShiftActivities>(telling);
const hands = proxyActivities<ShiftActivities>(handingOver);

/** A schedule that is looked at every hour for a quiet month would otherwise grow past it. */
const historyEventsMax = 500;

export async function shift(input: ShiftInput): Promise<void> {
  const desk = new ShiftDesk(input);
  desk.answer();
  while (await desk.look()) {
    desk.carryOutDue();
    desk.rest();
    await condition(() => desk.stirred || desk.isTimeForNewHistory);
    if (desk.isTimeForNewHistory) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof shift>({ schedule: input.schedule, carried: desk.state });
    }
  }
  await condition(() => desk.isIdle && allHandlersFinished());
}

class ShiftDesk {
  /** Something happened since the schedule was last looked at. */
  stirred = false;
  private readonly schedule: string;
  private known: shifts.ShiftState | null;
  private readonly alarm = new Alarm(() => this.stir(), 1);
  private readonly running = new Set<Promise<void>>();
  private handedOver = false;
  private lookAgainAt: number | null = null;

  constructor({ schedule, carried }: ShiftInput) {
    this.schedule = schedule;
    this.known = carried ?? null;
  }

  get state(): shifts.ShiftState {
    return this.known ?? refuse('conflict', `the shift ${this.schedule} is being looked at; ask again in a second`);
  }

  get isTimeForNewHistory(): boolean {
    return (this.handedOver || workflowInfo().historyLength > historyEventsMax) && this.isIdle;
  }
  get isIdle(): boolean {
    return this.running.size === 0;
  }

  private stir(): void {
    this.stirred = true;
  }

  /** Before the first await: an update that finds no handler is refused. */
  answer(): void {
    setHandler(messages.refreshShift, () => this.stir());
    setHandler(messages.shiftView, () => shifts.viewOfShift(this.state));
    setHandler(messages.leaveNote, ({ by, text }) => this.note({ by, text, at: instant(Date.now()) }), {
      validator: ({ by, onBehalf }) => refuseIf(shifts.refusalToNote(this.state, by, onBehalf)),
    });
    setHandler(messages.acceptShift, (acceptance) => this.accept(acceptance), {
      validator: ({ by, onBehalf }) => refuseIf(shifts.refusalToAcceptShift(this.state, by, onBehalf)),
    });
  }

  /** False: the schedule is gone. Without an answer the last look counts, so that nobody waits for a database. */
  async look(): Promise<boolean> {
    this.stirred = false;
    this.lookAgainAt = null;
    const at = instant(Date.now());
    let look: ShiftLook | null;
    try {
      look = await reads.lookAtSchedule({ schedule: this.schedule, at, before: this.lookedBefore });
    } catch (error) {
      log.warn('the schedule cannot be looked at now', { schedule: this.schedule, because: reasonOf(error) });
      this.lookAgainAt = Date.now() + lookAgainMs;
      if (this.known) this.changeTo(shifts.asAnnounced(this.known, instant(Date.now())));
      return true;
    }
    if (!look) return false;
    if (!this.known) this.known = shifts.firstShiftState(this.schedule, look);
    else this.changeTo(shifts.withLook(this.known, look));
    return true;
  }

  private get lookedBefore() {
    if (!this.known) return null;
    const { at, holder } = this.known.look;
    return { at, holder: holder?.id ?? null };
  }

  private changeTo({ state, changed }: { state: shifts.ShiftState; changed: boolean }): void {
    this.known = state;
    const { last } = state;
    if (!changed || !last) return;
    this.handedOver = true;
    if (last.acceptedAt !== null || !last.to) return;
    this.tell('acceptanceWanted', last);
    const roles = this.rolesOf(last, 'offered');
    if (roles) this.background('offer the roles', () => hands.offerCommand(roles));
  }

  carryOutDue(): void {
    if (!this.known) return;
    const due = shifts.shiftDues(this.known).filter(({ at }) => at <= Date.now());
    const names = due.map(({ name }) => name);
    // Whoever is late twice over is not reminded of what others are told now.
    for (const name of names) if (name !== 'remind' || !names.includes('escalate')) this.carryOut(name);
  }

  private carryOut(name: string): void {
    const { state } = this;
    const { last } = state;
    const { next } = state.look;
    if (name === 'change') {
      // It came while the schedule was looked at.
      this.stir();
    } else if (name === 'note' && next) {
      this.known = { ...state, noteAsked: shifts.noteKey(next) };
      this.tell('noteWanted', { ...next, owner: null, notes: [] });
    } else if (name === 'remind' && last) {
      this.known = { ...state, last: { ...last, reminded: true } };
      this.tell('reminder', last);
    } else if (name === 'escalate' && last) {
      this.known = { ...state, last: { ...last, reminded: true, escalated: true } };
      this.tell(last.to ? 'notAccepted' : 'nobodyTakesOver', last);
    }
  }

  private note(note: shifts.ShiftState['notes'][number]): ShiftView {
    const { state, news } = shifts.withNote(this.state, note);
    this.known = state;
    if (news === 'late' && state.last) {
      const number = state.last.notes.length;
      this.tell('lateNote', { ...state.last, notes: [note] }, `lateNote-${number}`);
    }
    return shifts.viewOfShift(state);
  }

  private accept({ by }: messages.AcceptShift): ShiftView {
    const { state } = this;
    const { last } = state;
    if (last && last.acceptedAt === null) {
      this.known = { ...state, last: { ...last, acceptedAt: instant(Date.now()), acceptedBy: by } };
      const roles = this.rolesOf(last, 'accepted');
      if (roles) this.background('pass the roles on', () => hands.passCommand({ ...roles, by }));
      this.tell('accepted', last);
      this.stir();
    }
    return shifts.viewOfShift(this.state);
  }

  /** Those of the owner, and of somebody who left without ever having accepted. */
  private rolesOf({ at, from, to, owner }: shifts.LastChange, step: string) {
    const people = [owner, from].flatMap((person) => (person && person.id !== to?.id ? [person.id] : []));
    if (!to || people.length === 0) return null;
    return { key: this.keyOf(at, step), schedule: this.schedule, from: people, to };
  }

  private tell(
    kind: ShiftMessage['kind'],
    { at, from, to, owner, notes }: Pick<shifts.LastChange, 'at' | 'from' | 'to' | 'owner' | 'notes'>,
    step: string = kind,
  ): void {
    const key = this.keyOf(at, step);
    const message: ShiftMessage = {
      kind,
      key,
      schedule: this.schedule,
      at: instant(Date.now()),
      change: { at, from, to },
      owner,
      notes,
    };
    this.background(`tell of ${kind}`, () => tells.tellShift(message));
  }

  private keyOf(at: string, step: string): string {
    return `shift/${this.schedule}/${at}/${step}`;
  }

  /** Nobody's answer is waited for: a chat that is away keeps no shift from changing. */
  private background(what: string, work: () => Promise<void>): void {
    const promise: Promise<void> = work()
      .catch((error: unknown) => log.error(`could not ${what}`, { because: reasonOf(error) }))
      .finally(() => {
        this.running.delete(promise);
      });
    this.running.add(promise);
  }

  /** Sets the timer for what comes next and says in the Temporal UI what that is. */
  rest(): void {
    const again = { at: this.lookAgainAt ?? 0, action: `look at the schedule ${this.schedule} again` };
    const dues = [...(this.known ? shifts.shiftDues(this.known) : []), again].filter(({ at }) => at > Date.now());
    dues.sort((one, other) => one.at - other.at);
    this.alarm.set(dues[0] ?? null);
    setCurrentDetails(
      `Shift **${this.schedule}**\n\n${dues.map((due) => `- ${due.action} (${clock(due.at)})`).join('\n')}`,
    );
  }
}

/** While the schedule cannot be read. */
const lookAgainMs = 60_000;

const clock = (at: number): string => `${instant(at).slice(0, 10)} ${instant(at).slice(11, 16)} UTC`;

const refuseIf = (refusal: { code: 'conflict' | 'notPermitted'; message: string } | null): void => {
  if (refusal) refuse(refusal.code, refusal.message);
};

/** The type is a code of src/domain/errors.ts: the client turns it back into that error. */
const refuse = (code: 'conflict' | 'notPermitted', message: string): never => {
  throw ApplicationFailure.create({ type: code, message, nonRetryable: true });
};
