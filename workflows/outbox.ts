import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities, Telling, Told } from '../activities/index.ts';
import type { Rules } from '../src/domain/incident/state.ts';
import type { Announcement } from '../src/domain/incident/story.ts';
import type { TimelineEntry } from '../src/schema/incident.ts';
import { telling, tellingAtOnce } from './activity-options.ts';
import type { Desk } from './desk.ts';

const atOnce = proxyLocalActivities<Activities>(tellingAtOnce);
const durably = proxyActivities<Activities>(telling);

type ChatTelling = Extract<Telling, { kind: 'chat' }>;
type StatusTelling = Extract<Telling, { kind: 'status' }>;

/**
 * Everything that tells people and is not a page. Each wake-up's news leaves in one short local activity and is then
 * recorded in another; what could not be delivered goes on as a durable activity, while the incident goes on too.
 * News never shares a workflow task with a page that is about to leave: the page would wait for it.
 */
export class Outbox {
  readonly entries: TimelineEntry[] = [];
  /** Pages on their way; news waits for them for one wake-up, then takes the durable path. */
  pagesInFlight = 0;
  private readonly news: Telling[] = [];
  private readonly forRoom: Announcement[] = [];
  /** Public posts keep their order: while one is being retried only the newest later one is kept. */
  private statusInRetry = false;
  private statusHeld: StatusTelling | null = null;
  private sending = false;
  private hasWaited = false;
  private sequence: number;
  private readonly desk: Desk;

  constructor(desk: Desk) {
    this.desk = desk;
    this.sequence = desk.state.version * 100;
  }

  announce(announcement: Announcement): void {
    const { rules } = this.desk;
    switch (announcement.to) {
      case 'room':
        if (this.desk.wantsRoom) this.forRoom.push(announcement);
        else this.toRoom(announcement);
        return;
      case 'stakeholders':
        this.news.push(this.chat(announcement, standingChannel(rules)));
        return;
      case 'direct':
        this.news.push({
          ...this.chat(announcement, standingChannel(rules)),
          kind: 'direct',
          duty: announcement.duty ?? '',
          at: new Date(Date.now()).toISOString(),
        });
        return;
      case 'ticket':
        this.news.push({ ...this.chat(announcement, standingChannel(rules)), kind: 'ticket', message: 'ticket' });
        return;
      case 'public':
        this.news.push({
          kind: 'status',
          key: this.key('public'),
          incident: this.desk.context,
          status: announcement.status ?? 'investigating',
          message: announcement.message,
          facts: { ...announcement.facts, automatic: announcement.automatic },
        });
        return;
    }
  }

  /** Messages that waited for the room follow into it, or into the standing channel when there is none. */
  roomIsKnown(): void {
    for (const announcement of this.forRoom.splice(0)) this.toRoom(announcement);
  }

  push(news: Telling): void {
    this.news.push(news);
  }

  key(what: string): string {
    this.sequence += 1;
    return `${this.desk.state.id}/${what}/${this.sequence}`;
  }

  get isEmpty(): boolean {
    return !this.sending && this.news.length === 0 && this.entries.length === 0 && !this.statusInRetry;
  }

  /** Called once per wake-up, after everything that must leave first has been scheduled. */
  pump(): void {
    // A change that nobody has to be told of (another alert of the same kind) is recorded with the next that is news.
    if (this.sending || (this.news.length === 0 && this.entries.length === 0)) return;
    const paging = this.pagesInFlight > 0;
    if (paging && !this.hasWaited) {
      this.hasWaited = true;
      return;
    }
    if (!paging) this.hasWaited = false;
    this.sending = true;
    this.desk.background(async () => {
      await this.send((batch) =>
        (paging ? durably : atOnce).tell.executeWithOptions({ summary: destinationsOf(batch) }, [batch]),
      );
      this.sending = false;
    });
  }

  private async send(tell: Activities['tell']): Promise<void> {
    let batch = this.inOrder(this.news.splice(0));
    if (batch.some((one) => one.kind === 'status')) {
      // What customers were told belongs on the timeline, so it is known before the record is written.
      this.settle(batch, await attempt(tell, batch));
      batch = [];
    }
    const { desk } = this;
    const record: Telling = {
      kind: 'record',
      key: `${desk.state.id}/record/${desk.state.version}`,
      view: desk.view,
      entries: this.entries.splice(0),
      ...(desk.policyIsNew ? { policy: desk.rules.policy } : {}),
    };
    desk.policyIsNew = false;
    batch.push(record);
    this.settle(batch, await attempt(tell, batch));
  }

  private settle(batch: Telling[], results: (Told | undefined)[]): void {
    for (const [index, one] of batch.entries()) {
      const told = results[index];
      if (told?.ok) this.wasTold(one, told);
      // A record that was refused cannot be recorded as refused: it is repeated.
      else if (told?.final && one.kind !== 'record') this.wasRefused(one, told.because ?? 'refused');
      else this.insist(one);
    }
  }

  private wasTold(one: Telling, told: Told): void {
    if (one.kind !== 'status') return;
    this.desk.take({
      kind: 'publicPosted',
      url: told.url ?? null,
      replaced: told.replaced ? (told.because ?? 'it held what must stay inside') : null,
      automatic: one.facts.automatic === true,
    });
  }

  private wasRefused(one: Telling, because: string): void {
    this.desk.take({ kind: 'deliveryFailed', what: describe(one), because });
  }

  /** Goes on durably, beside the incident. */
  private insist(one: Telling): void {
    if (one.kind === 'status') this.statusInRetry = true;
    this.desk.background(async () => {
      try {
        this.wasTold(one, await durably.tellAgain(one));
      } catch (error) {
        // The record of a record cannot be recorded: the next one carries the newer view.
        if (one.kind !== 'record') this.wasRefused(one, reasonOf(error));
      }
      if (one.kind !== 'status') return;
      this.statusInRetry = false;
      if (this.statusHeld) this.news.push(this.statusHeld);
      this.statusHeld = null;
    });
  }

  private inOrder(news: Telling[]): Telling[] {
    if (!this.statusInRetry) return news;
    return news.filter((one) => {
      if (one.kind !== 'status') return true;
      this.statusHeld = one;
      return false;
    });
  }

  private toRoom(announcement: Announcement): void {
    this.news.push(this.chat(announcement, this.desk.channel));
  }

  private chat(announcement: Announcement, room: string): ChatTelling {
    return {
      kind: 'chat',
      key: this.key('chat'),
      incident: this.desk.context,
      room,
      message: announcement.message,
      facts: announcement.facts,
    };
  }
}

/** A batch whose outcome is unknown counts as not told; each telling is keyed, so telling again is safe. */
const attempt = async (tell: Activities['tell'], batch: Telling[]): Promise<(Told | undefined)[]> => {
  try {
    return await tell(batch);
  } catch {
    return [];
  }
};

/** Packs may write the channel with or without its hash. */
const standingChannel = (rules: Rules): string => `#${rules.policy.room.notifyChannel.replace(/^#/, '')}`;

/** For whoever looks at the history. */
const destinationsOf = (batch: Telling[]): string =>
  [...new Set(batch.map((one) => ('room' in one ? `${one.kind} ${one.room}` : one.kind)))].join(', ');

const describe = (one: Telling): string => {
  switch (one.kind) {
    case 'chat':
      return `A message to ${one.room}`;
    case 'direct':
      return `A message to ${one.duty}`;
    case 'ticket':
      return 'A ticket';
    case 'status':
      return 'A public update';
    case 'quiet':
      return 'The end of paging';
    case 'invite':
      return 'An invitation to the room';
    default:
      return 'A record';
  }
};

export const reasonOf = (error: unknown): string => {
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return cause instanceof Error ? cause.message : String(cause);
};
