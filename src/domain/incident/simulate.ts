/**
 * An incident that never happened, minute by minute: who would be paged, told and asked under a policy, and when.
 * Runs the very functions of the workflow (deadlines, evolve, what a due deadline does) on a clock of its own. Nobody is
 * told anything; vendors always answer, people do only what the request says.
 */
import type { Actor } from '../../schema/incident.ts';
import type { Organisation, ServiceFacts } from '../../schema/organisation.ts';
import type { Moments, PackDocument, Policy } from '../../schema/policy.ts';
import { instant, spanInWords } from '../duration.ts';
import { calendarOf, reviewSlot, windowEnd } from '../on-call/business-time.ts';
import { holdersOf } from '../on-call/on-call.ts';
import { render } from '../telling/render.ts';
import { nextMethod } from './contacts.ts';
import { deadlinesOf } from './deadlines.ts';
import { carryOutDue, type DutyPage, type FactNow, type Hand } from './due.ts';
import { stepKey } from './escalation.ts';
import { evolve } from './evolve.ts';
import { firstState } from './first-state.ts';
import { heldNotices } from './notices.ts';
import { type IncidentState, type Rules, respondAt, severityPolicy } from './state.ts';
import type { Announcement } from './story.ts';

export interface SimulationRequest {
  pack: PackDocument;
  policy: Policy;
  organisation: Organisation;
  severity: string;
  service: ServiceFacts | null;
  team: string | null;
  roster: Record<string, string>;
  moments: Moments;
  /** The declaration, ISO 8601. */
  at: string;
  /** From the declaration; null: nobody acknowledges. */
  acknowledgedAfterMs: number | null;
  /** From the declaration, when a person says that it is over; null: after everything of the policy had its turn once. */
  mitigatedAfterMs: number | null;
}

const simulatedKinds = [
  'declared',
  'acknowledged',
  'page',
  'notify',
  'response',
  'roles',
  'reminder',
  'internalUpdate',
  'publicUpdate',
  'hold',
  'resolved',
  'archive',
  'watch',
  'review',
  'document',
] as const;

export interface SimulatedItem {
  /** From the declaration, to the thousandth. */
  atMinutes: number;
  /** ISO 8601. */
  at: string;
  kind: (typeof simulatedKinds)[number];
  /** A person's name, a group, or whoever answers for it; null where it concerns nobody in particular. */
  who: string | null;
  /** pager, chat, mail, direct, ticket, room, status page, calendar; null where nothing is sent. */
  via: string | null;
  /** What would have kept it from happening: acknowledged, mitigated, resolved; null: nothing. */
  stoppedBy: string | null;
  text: string;
}

/** In the order in which it would happen; always comes to an end. */
export const simulate = (request: SimulationRequest): SimulatedItem[] => new Simulation(request).run();

const nobody: Actor = { kind: 'person', id: 'simulation', name: 'Somebody' };
const minuteMs = 60_000;
/** No policy has more to say than this; more means that a deadline does not move. */
const turnsMax = 100_000;

class Simulation implements Hand {
  state: IncidentState;
  readonly rules: Rules;
  private now: number;
  private readonly items: SimulatedItem[] = [];
  private readonly request: SimulationRequest;

  constructor(request: SimulationRequest) {
    const { pack, policy, severity, service, team, roster, moments, at } = request;
    this.request = request;
    this.rules = { policy, roster, moments };
    this.now = Date.parse(at);
    this.state = firstState({
      id: 'INC',
      workflowId: 'INC',
      title: `${service?.title ?? 'Something'} fails`,
      summary: null,
      policy: pack,
      severity,
      service: service?.id ?? null,
      team,
      catalogue: service,
      drill: false,
      speed: 1,
      continues: null,
      declaredAt: at,
      declaredBy: nobody,
      alerts: [],
    });
  }

  run(): SimulatedItem[] {
    const { acknowledgedAfterMs } = this.request;
    const declaredAt = this.now;
    let acknowledgesAt = acknowledgedAfterMs === null ? Number.POSITIVE_INFINITY : declaredAt + acknowledgedAfterMs;
    let endsAt = declaredAt + (this.request.mitigatedAfterMs ?? this.patience());

    this.add('declared', null, 'room', `${this.state.severity} declared`);
    this.take({ kind: 'declared' });
    if (severityPolicy(this.state, this.rules).room === 'own') {
      this.take({ kind: 'roomOpened', room: { id: 'room', name: 'room', url: '', missing: [] } });
    }
    for (let turn = 0; turn < turnsMax && this.state.status !== 'resolved'; turn += 1) {
      carryOutDue(this, this.now);
      const next = deadlinesOf(this.state, this.rules)[0]?.at ?? Number.POSITIVE_INFINITY;
      const soonest = Math.min(next, acknowledgesAt, endsAt);
      if (soonest === Number.POSITIVE_INFINITY) break;
      this.now = Math.max(this.now, soonest);
      if (this.now === acknowledgesAt) {
        acknowledgesAt = Number.POSITIVE_INFINITY;
        this.take({ kind: 'acknowledged', by: nobody, note: null });
        this.add('acknowledged', null, null, 'Somebody acknowledges: paging that waits for it stops');
      }
      if (this.now === endsAt) {
        endsAt = Number.POSITIVE_INFINITY;
        this.take({ kind: 'holdStarted', by: nobody, note: null, cause: null, why: 'somebody says that it is over' });
        const { endsAt: until = this.now } = this.state.hold ?? {};
        this.add(
          'hold',
          null,
          'room',
          `The hold begins: resolved after ${spanInWords(until - this.now)} without symptoms`,
        );
      }
    }
    this.addAftermath();
    return this.items.sort(
      (one, other) =>
        one.atMinutes - other.atMinutes || simulatedKinds.indexOf(one.kind) - simulatedKinds.indexOf(other.kind),
    );
  }

  take(fact: FactNow): void {
    const { state, announcements } = evolve(this.state, { ...fact, at: this.now }, this.rules);
    this.state = state;
    this.addFact(fact);
    for (const announcement of announcements) this.say(announcement);
  }

  page({ duty, step, why, fallback = true, contactFrom = 0, whenNobody }: DutyPage): void {
    const { organisation, team } = this.request;
    const holders = holdersOf(organisation, duty, { at: instant(this.now), team: team ?? undefined });
    const nobodyOnDuty = holders.length === 0;
    const people = nobodyOnDuty && fallback ? organisation.fallback : holders;
    const reached = people.flatMap((id) => {
      const person = organisation.people[id];
      const method = person?.contact[contactFrom];
      if (!person || !method) return [];
      const next = nextMethod(person.contact, contactFrom);
      return [
        {
          person: id,
          name: person.name,
          via: method.via,
          address: '',
          dedupKey: `${step}/${id}`,
          rings: method.via === 'pager',
          ...(next ? { next } : {}),
        },
      ];
    });
    this.take({ kind: 'paged', duty, step, reached, failed: [], nobodyOnDuty, why });
    if (nobodyOnDuty && reached.length === 0) whenNobody?.();
  }

  sampleHold(): void {
    this.take({ kind: 'holdSampled', value: null, healthy: true });
  }

  endHold(): void {
    this.sampleHold();
    this.take({ kind: 'resolved', why: 'the hold stayed quiet' });
  }

  /** Long enough for every step, the response time, an internal update and a public one. */
  private patience(): number {
    const { ladder, updates } = severityPolicy(this.state, this.rules);
    const respondBy = respondAt(this.state, this.rules);
    return (
      Math.max(
        60 * minuteMs,
        ...ladder.map(({ after }) => after),
        ...heldNotices(this.state, this.rules).map(({ at }) => at - this.now),
        respondBy === null ? 0 : respondBy - this.now,
        updates.internal?.every ?? 0,
        updates.public?.every ?? 0,
      ) + minuteMs
    );
  }

  private addFact(fact: FactNow): void {
    switch (fact.kind) {
      case 'paged': {
        const unless = this.unlessOf(fact.step);
        for (const { name, via } of fact.reached) {
          const how = fact.nobodyOnDuty ? `nobody holds ${fact.duty}: ` : '';
          this.add('page', name, via, `${how}${name} (${fact.duty}) by ${via}`, unless);
        }
        if (fact.reached.length === 0) this.add('page', null, null, `Nobody is reached for ${fact.duty}`, unless);
        return;
      }
      case 'responseLate':
        return this.add('response', null, null, 'The time to acknowledge is over', 'acknowledged');
      case 'rolesAsked':
        return this.add('roles', null, 'room', `Still needed: ${fact.missing.join(', ')}`);
      case 'resolved':
        return this.add('resolved', null, 'room', 'Resolved: the hold stayed quiet');
    }
  }

  private unlessOf(key: string): string {
    const { ladder } = severityPolicy(this.state, this.rules);
    return ladder.find((step) => stepKey(this.state.severity, step) === key)?.unless ?? 'acknowledged';
  }

  private say(announcement: Announcement): void {
    const { to, message, facts, duty } = announcement;
    const { organisation, team } = this.request;
    const at = instant(this.now);
    switch (to) {
      case 'room':
        if (message === 'holding' || (message === 'update' && this.state.hold === null))
          this.add('internalUpdate', this.lead, 'room', this.words(announcement), 'resolved');
        if (message === 'reminder') this.add('reminder', this.lead, 'room', this.words(announcement), 'resolved');
        return;
      case 'public':
        this.add('publicUpdate', 'customers', 'status page', this.words(announcement), 'resolved');
        return this.take({ kind: 'publicPosted', url: null, replaced: null, automatic: true });
      case 'direct': {
        const holders = holdersOf(organisation, duty ?? '', { at, team: team ?? undefined });
        const names = holders.map((id) => organisation.people[id]?.name ?? id);
        for (const name of names.length > 0 ? names : [duty ?? 'somebody'])
          this.add('notify', name, 'direct', this.words(announcement));
        return;
      }
      case 'stakeholders':
      case 'ticket': {
        // The last words to everybody are told where resolved is.
        if (message === 'resolved') return;
        const via = to === 'ticket' ? 'ticket' : 'chat';
        const groups = Array.isArray(facts.groups) ? facts.groups : [];
        for (const group of groups) this.add('notify', group, via, this.words(announcement));
      }
    }
  }

  private get lead(): string {
    return this.state.roles.communicationsLead?.name ?? this.state.roles.commander?.name ?? 'commander';
  }

  private words({ to, message, facts }: Announcement): string {
    const template = message === 'plain' ? '{{ text }}' : this.request.pack.messages[message];
    return render(template ?? '{{ severity }}: {{ title }}', facts, to === 'public' ? 'public' : 'mail');
  }

  private addAftermath(): void {
    const { organisation, policy } = this.request;
    const { room, review, watchAfterwards } = severityPolicy(this.state, this.rules);
    const resolvedAt = this.state.resolvedAt ?? this.now;
    const from = instant(resolvedAt);
    const calendar = calendarOf(organisation);
    const slot = reviewSlot(
      {
        from,
        window: review.within,
        lengthMinutes: review.lengthMinutes,
        notBefore: review.notBefore,
        preferred: review.preferred,
      },
      calendar,
    );
    const later: [number, SimulatedItem['kind'], string | null, string][] = [
      [resolvedAt + watchAfterwards, 'watch', null, 'The enhanced monitoring ends'],
      [
        Date.parse(slot.startAt),
        'review',
        'calendar',
        `The review${review.required ? '' : ' (optional)'}: ${review.lengthMinutes} min, within ${review.within}`,
      ],
      [
        Date.parse(windowEnd(review.documentWithin, from, calendar)),
        'document',
        'mail',
        `The postmortem is due, within ${review.documentWithin}`,
      ],
    ];
    if (room === 'own') later.push([resolvedAt + policy.room.archiveAfter, 'archive', 'room', 'The room is archived']);
    for (const [at, kind, via, text] of later.sort(([one], [other]) => one - other)) {
      this.now = at;
      this.add(kind, null, via, text);
    }
  }

  private add(
    kind: SimulatedItem['kind'],
    who: string | null,
    via: string | null,
    text: string,
    stoppedBy: string | null = null,
  ): void {
    const atMinutes = Math.round(((this.now - this.state.declaredAt) / minuteMs) * 1_000) / 1_000;
    this.items.push({ atMinutes, at: instant(this.now), kind, who, via, stoppedBy, text });
  }
}
