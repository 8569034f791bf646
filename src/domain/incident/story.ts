import type { Actor, TimelineEntry, TimelineKind } from '../../schema/incident.ts';
import type { MessageName } from '../../schema/policy.ts';
import { instant } from '../duration.ts';
import { sentence } from '../sentence.ts';
import { customersPromise, elapsed, type IncidentState, type Rules, severityPolicy, transitions } from './state.ts';

export const muster: Actor = { kind: 'muster', id: 'muster', name: 'Muster' };

/** Something to tell, in the pack's words; where it goes is decided when it is sent. */
export interface Announcement {
  /** `direct` goes to each holder of `duty`, `ticket` to where the organisation opens tickets. */
  to: 'room' | 'stakeholders' | 'direct' | 'ticket' | 'public';
  duty?: string;
  message: MessageName | 'plain';
  status?: 'investigating' | 'identified' | 'monitoring' | 'resolved';
  facts: Record<string, string | number | boolean | null | string[]>;
  /** Whether nobody wrote it. */
  automatic: boolean;
}

/** A copy of the state under change, collecting what is to be said. */
export class Story {
  readonly state: IncidentState;
  readonly at: number;
  readonly rules: Rules;
  readonly entries: TimelineEntry[] = [];
  readonly announcements: Announcement[] = [];

  constructor(before: IncidentState, at: number, rules: Rules) {
    this.state = {
      ...before,
      updates: { internal: { ...before.updates.internal }, public: { ...before.updates.public } },
    };
    this.at = at;
    this.rules = rules;
  }
  get severity() {
    return severityPolicy(this.state, this.rules);
  }
  /** What customers are promised; null: nothing. */
  get customers() {
    return customersPromise(this.state, this.rules);
  }
  write(kind: TimelineKind, actor: Actor, text: string, more: { why?: string; public?: boolean } = {}): void {
    this.state.entryCount += 1;
    this.entries.push({
      key: `incident/${this.state.entryCount}`,
      at: instant(this.at),
      kind,
      actor,
      text: sentence(text),
      why: more.why ?? null,
      public: more.public ?? false,
    });
  }
  announce(
    to: Announcement['to'],
    message: Announcement['message'],
    facts: Announcement['facts'] = {},
    { automatic = true, duty }: { automatic?: boolean; duty?: string } = {},
  ): void {
    this.announcements.push({
      to,
      ...(duty === undefined ? {} : { duty }),
      message,
      status: publicStatus(this.state),
      facts: { ...factsOf(this.state, this.rules, this.at), ...facts },
      automatic,
    });
  }
  /** Moves where the table allows it; a fact never forces an order that is not allowed. */
  move(to: IncidentState['status']): void {
    if (transitions[this.state.status].includes(to)) this.state.status = to;
  }
  /** The next internal update is due a whole cadence from now; never where the pack promises none. */
  expectInternal(): void {
    const { internal } = this.state.updates;
    const rule = this.severity.updates.internal;
    internal.dueAt = rule ? this.at + elapsed(this.state, rule.every) : null;
    internal.reminded = false;
  }
  /** An internal update went out: the promise starts anew. */
  promiseInternal(): void {
    const { internal } = this.state.updates;
    internal.posted += 1;
    if (internal.dueAt !== null && this.at <= internal.dueAt) internal.kept += 1;
    this.expectInternal();
  }
  /** A public update went out: the next is due a whole cadence from now. */
  promisePublic(): void {
    const rule = this.customers;
    this.state.updates.public.dueAt = rule ? this.at + elapsed(this.state, rule.every) : null;
  }
  get nextUpdateAt(): string | null {
    const { dueAt } = this.state.updates.internal;
    return dueAt === null ? null : instant(dueAt);
  }
  get nextPublicAt(): string | null {
    const { dueAt } = this.state.updates.public;
    return dueAt === null ? null : instant(dueAt);
  }
}

/** The status page knows four words. */
export const publicStatus = (state: IncidentState): 'investigating' | 'identified' | 'monitoring' | 'resolved' => {
  switch (state.status) {
    case 'identified':
    case 'mitigating':
      return 'identified';
    case 'monitoring':
      return 'monitoring';
    case 'resolved':
    case 'closed':
    case 'cancelled':
      return 'resolved';
    default:
      return 'investigating';
  }
};

/** What every message may use. */
export const factsOf = (state: IncidentState, rules: Rules, at: number): Announcement['facts'] => ({
  id: state.id,
  severity: state.severity,
  title: state.title,
  impact: state.summary,
  detection:
    state.declaredBy.kind === 'monitor'
      ? `alert from ${state.declaredBy.name}`
      : `declared by ${state.declaredBy.name}`,
  statusWord: rules.policy.statusWords[state.status] ?? state.status,
  commander: state.roles.commander?.name ?? null,
  time: instant(at),
  knows: state.cause?.replace('suspected: ', 'we suspect ') ?? null,
  doing:
    state.doing ??
    (state.remediation ? 'a remediation is in progress' : state.status === 'monitoring' ? 'watching' : 'investigating'),
  startedAt: instant(state.declaredAt),
  cause: state.cause,
  fix: state.fix,
  nextSteps: state.said.nextSteps || null,
  eta: state.said.eta || null,
  workaround: state.said.workaround || null,
  briefCause: state.said.briefCause || null,
  publicName: state.publicName,
  url: state.publicUrl,
  drill: state.drill,
});
