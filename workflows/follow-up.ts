/** After the incident, for weeks: archive the room, hold the review, publish the postmortem, see action items done. */
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { Activities, IncidentContext } from '../activities/index.ts';
import { instant, spanInWords } from '../src/domain/duration.ts';
import type { Due } from '../src/domain/incident/deadlines.ts';
import { muster } from '../src/domain/incident/story.ts';
import { sentence } from '../src/domain/sentence.ts';
import type { FollowUpView } from '../src/schema/api.ts';
import type { Actor, IncidentView, TimelineEntry, TimelineKind } from '../src/schema/incident.ts';
import type { SeverityPolicy } from '../src/schema/policy.ts';
import { followingUp, telling } from './activity-options.ts';
import { Alarm } from './deadlines.ts';
import { addActionItem, completeActionItem, publishPostmortem } from './messages.ts';
import { reasonOf } from './outbox.ts';

export interface FollowUpInput {
  incident: IncidentContext;
  view: IncidentView;
  resolvedAt: string;
  people: string[];
  review: SeverityPolicy['review'];
  /** What changes left to do: the first action items. */
  tasks: { text: string; owner: string }[];
  watchAfterwardsMs: number;
  archiveAfterMs: number;
}

const activities = proxyActivities<Activities>(followingUp);
const record = proxyActivities<Activities>(telling);

/** How long an action item may be overdue before its owner is reminded again. */
const remindAgainMs = 7 * 86_400_000;

export async function followUp(input: FollowUpInput): Promise<FollowUpView> {
  const desk = new FollowUpDesk(input);
  setHandler(addActionItem, ({ by, text, owner, dueAt }) => desk.addItem(by, text, owner, dueAt ?? null));
  setHandler(completeActionItem, ({ by, id }) => desk.completeItem(by, id), {
    validator: ({ id }) => desk.mustHave(id),
  });
  setHandler(publishPostmortem, ({ by }) => desk.publish(by));

  await desk.book();
  await desk.draft();
  for (;;) {
    await desk.carryOutDue();
    await desk.save();
    if (desk.isDone) break;
    await desk.rest();
  }
  await condition(allHandlersFinished);
  return desk.view;
}

class FollowUpDesk {
  view: FollowUpView;
  private readonly input: FollowUpInput;
  private readonly handled = new Set<string>();
  private readonly alarm: Alarm;
  private entries: TimelineEntry[] = [];
  private entryCount = 0;
  private changed = true;
  private publishedAt: number | null = null;

  constructor(input: FollowUpInput) {
    this.input = input;
    this.alarm = new Alarm(() => {
      this.changed = true;
    }, input.incident.speed);
    this.view = {
      incidentId: input.incident.incidentId,
      reviewAt: null,
      reviewRequired: input.review.required,
      facilitator: null,
      attendees: [],
      documentDueAt: null,
      documentDraftedAt: null,
      roomArchivedAt: null,
      actionItems: input.tasks.map(({ text, owner }, at) => ({
        id: String(at + 1),
        text,
        owner,
        dueAt: null,
        doneAt: null,
      })),
      deadlines: [],
      closedAt: null,
      version: 0,
    };
  }

  async book(): Promise<void> {
    const { incident, review, resolvedAt, people } = this.input;
    const { incidentId } = incident;
    try {
      const booked = await activities.bookReview({
        incident,
        key: `${incidentId}/review`,
        resolvedAt,
        attendees: people,
        window: review.within,
        notBefore: review.notBefore,
        preferred: review.preferred,
        documentWindow: review.documentWithin,
        lengthMinutes: review.lengthMinutes,
      });
      Object.assign(this.view, booked);
      this.write(
        'reviewBooked',
        `Booked the review for ${clock(booked.reviewAt)}${booked.facilitator ? `, facilitated by ${booked.facilitator}` : ''}; the document is due ${clock(booked.documentDueAt)}.`,
        `within ${review.within}, document within ${review.documentWithin}`,
      );
    } catch (error) {
      this.write('deliveryFailed', `The review could not be booked: ${reasonOf(error)}.`);
    }
    await this.save();
  }

  async draft(): Promise<void> {
    const { incident } = this.input;
    try {
      const { draftedAt } = await activities.writePostmortem({
        incident,
        key: `${incident.incidentId}/postmortem`,
        at: instant(Date.now()),
      });
      this.view.documentDraftedAt = draftedAt;
      this.write('postmortemDrafted', 'Drafted the postmortem from the timeline.');
    } catch (error) {
      this.write('deliveryFailed', `The postmortem could not be drafted: ${reasonOf(error)}.`);
    }
  }

  addItem(by: Actor, text: string, owner: string, dueAt: string | null) {
    const item = { id: String(this.view.actionItems.length + 1), text, owner, dueAt, doneAt: null };
    this.view.actionItems = [...this.view.actionItems, item];
    this.write('actionItemAdded', `${by.name} added action item ${item.id} for ${owner}: ${text}`, null, by);
    return item;
  }
  mustHave(id: string): void {
    if (this.view.actionItems.some((item) => item.id === id)) return;
    throw ApplicationFailure.create({
      type: 'notFound',
      message: `there is no action item ${id}; list them with GET follow-up`,
      nonRetryable: true,
    });
  }
  completeItem(by: Actor, id: string) {
    this.mustHave(id);
    this.view.actionItems = this.view.actionItems.map((item) =>
      item.id === id && !item.doneAt ? { ...item, doneAt: instant(Date.now()) } : item,
    );
    this.write('actionItemDone', `${by.name} completed action item ${id}.`, null, by);
    const [item] = this.view.actionItems.filter((one) => one.id === id);
    return item ?? { id, text: '', owner: '', dueAt: null, doneAt: null };
  }
  publish(by: Actor): void {
    this.publishedAt ??= Date.now();
    this.write('postmortemDrafted', `${by.name} published the postmortem.`, null, by);
  }

  /** Room archived, watch over, review past, document published, nothing left to do. */
  get isDone(): boolean {
    return (
      this.dues().length === 0 &&
      this.view.actionItems.every((item) => item.doneAt !== null) &&
      this.publishedAt !== null
    );
  }

  private dues(): Due[] {
    const { resolvedAt, archiveAfterMs, watchAfterwardsMs, incident, view } = this.input;
    const resolved = Date.parse(resolvedAt);
    const dues: Due[] = [];
    const add = (name: string, at: number, action: string, who: string, why: string) => {
      if (!this.handled.has(name)) dues.push({ name, at, action, who, why });
    };
    if (view.room)
      add(
        'archive',
        resolved + archiveAfterMs / incident.speed,
        `archive the room #${view.room.name}`,
        'Muster',
        `${incident.pack}: ${spanInWords(archiveAfterMs)} after resolution`,
      );
    add(
      'watch',
      resolved + watchAfterwardsMs / incident.speed,
      'end the enhanced monitoring',
      'Muster',
      `${incident.pack} ${incident.severity}: ${spanInWords(watchAfterwardsMs)} of watching`,
    );
    if (this.view.reviewAt)
      add(
        'review',
        Date.parse(this.view.reviewAt),
        'hold the review',
        this.view.facilitator ?? 'commander',
        `within ${this.input.review.within}`,
      );
    if (this.view.documentDueAt && this.publishedAt === null) {
      add(
        'document',
        Date.parse(this.view.documentDueAt),
        'ask for the postmortem if it is not published',
        this.owner,
        `within ${this.input.review.documentWithin}`,
      );
    }
    for (const item of this.view.actionItems) {
      if (item.doneAt || !item.dueAt) continue;
      const reminded = [...this.handled].filter((name) => name.startsWith(`item:${item.id}:`)).length;
      add(
        `item:${item.id}:${reminded}`,
        Date.parse(item.dueAt) + reminded * remindAgainMs,
        `remind ${item.owner} of action item ${item.id}`,
        item.owner,
        'action items are tracked until done',
      );
    }
    return dues.sort((one, other) => one.at - other.at);
  }

  private get owner(): string {
    return this.input.view.roles.commander?.name ?? this.input.people[0] ?? 'commander';
  }

  async carryOutDue(): Promise<void> {
    for (const due of this.dues().filter(({ at }) => at <= Date.now())) {
      this.handled.add(due.name);
      await this.carryOut(due);
    }
  }

  private async carryOut(due: Due): Promise<void> {
    const { incident, view } = this.input;
    const key = `${incident.incidentId}/follow-up/${due.name}`;
    try {
      if (due.name === 'archive' && view.room) {
        await activities.archiveRoom({ incident, key, room: view.room.id });
        this.view.roomArchivedAt = instant(Date.now());
        this.write('roomArchived', `Archived the room #${view.room.name}.`, due.why);
      } else if (due.name === 'watch') {
        this.write('note', 'The enhanced monitoring ended.', due.why);
      } else if (due.name === 'review') {
        this.write('note', 'The time of the review has come.', due.why);
      } else {
        const document = due.name === 'document';
        await activities.remind({
          incident,
          key,
          person: due.who,
          subject: document
            ? `The postmortem of ${incident.incidentId} is due`
            : `Action item of ${incident.incidentId} is due`,
          text: due.action,
        });
        this.write(document ? 'postmortemDue' : 'reminded', `Reminded ${due.who}: ${due.action}.`, due.why);
      }
    } catch (error) {
      this.write('deliveryFailed', `${due.action} failed: ${reasonOf(error)}.`);
    }
  }

  async rest(): Promise<void> {
    const [next] = this.dues();
    this.alarm.set(next ?? null);
    setCurrentDetails(
      `Follow-up of **${this.input.incident.incidentId}** ${this.input.incident.title}\n\n${this.dues()
        .map((due) => `- ${due.action} (${clock(instant(due.at))})`)
        .join('\n')}`,
    );
    await condition(() => this.changed);
    this.changed = false;
  }

  async save(): Promise<void> {
    this.changed = false;
    const dues = this.dues();
    this.view = {
      ...this.view,
      version: this.view.version + 1,
      deadlines: dues.map(({ name, at, action, who, why }) => ({ name, dueAt: instant(at), action, who, why })),
    };
    if (this.isDone) this.view.closedAt = instant(Date.now());
    const entries = this.entries;
    this.entries = [];
    await record.tellAgain({
      kind: 'recordFollowUp',
      key: `${this.view.incidentId}/follow-up/record/${this.view.version}`,
      view: this.view,
      entries,
    });
  }

  private write(kind: TimelineKind, text: string, why: string | null = null, actor: Actor = muster): void {
    this.entryCount += 1;
    this.changed = true;
    this.entries.push({
      key: `follow-up/${this.entryCount}`,
      at: instant(Date.now()),
      kind,
      actor,
      text: sentence(text),
      why,
      public: false,
    });
  }
}

const clock = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
