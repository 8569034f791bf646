import type { AlertReference } from '../schema/alert.ts';
import type { Actor, IncidentView, RoleName, Room, TimelineEntry, TimelineKind } from '../schema/incident.ts';
import type { MessageName } from '../schema/policy.ts';
import type { RemediationStatus, Target } from '../schema/remediation.ts';
import { deadlinesOf, publicDeadline, roleTitles } from './deadlines.ts';
import { instant, spanInWords } from './duration.ts';
import { stepKey } from './escalation.ts';
import {
  elapsed,
  type IncidentState,
  type OpenPage,
  type Rules,
  severityPolicy,
  transitions,
} from './incident-state.ts';
import { sentence } from './sentence.ts';

/** What happened, in workflow time. The only way an incident changes is `evolve(state, fact, rules)`. */
export type Fact = { at: number } & (
  | { kind: 'declared' }
  | { kind: 'alertsAttached'; batchId: string; alerts: AlertReference[] }
  | {
      kind: 'paged';
      duty: string;
      reached: (OpenPage & { via: string; rings: boolean })[];
      failed: { name: string; because: string }[];
      nobodyOnDuty: boolean;
      why: string;
    }
  | { kind: 'pageUnknown'; duty: string; because: string; why: string }
  | { kind: 'stepsPassedOver'; keys: string[] }
  | { kind: 'stepFired'; key: string }
  | { kind: 'acknowledged'; by: Actor; note: string | null }
  | { kind: 'acknowledgementExpired'; why: string }
  | { kind: 'responseLate'; why: string }
  | { kind: 'escalated'; by: Actor; reason: string; duty: string }
  | { kind: 'severityChanged'; by: Actor; to: string; reason: string | null }
  | { kind: 'roleTaken'; by: Actor; role: RoleName; person: string; name: string }
  | { kind: 'rolesAsked'; missing: RoleName[]; why: string }
  | { kind: 'roomOpened'; room: Room }
  | { kind: 'roomFailed'; because: string }
  | { kind: 'updateGiven'; by: Actor; text: string; status: 'investigating' | 'identified' | 'mitigating' | null }
  | { kind: 'updateMissed'; how: 'autoPost' | 'page'; why: string }
  | { kind: 'reminded'; why: string }
  | { kind: 'publicUpdateAsked'; by: Actor; text: string }
  | { kind: 'publicUpdateMissed'; how: 'autoPost' | 'page'; why: string }
  | { kind: 'publicPosted'; url: string | null; replaced: string | null; automatic: boolean }
  | { kind: 'noted'; by: Actor; text: string }
  | {
      kind: 'diagnosed';
      finding: string;
      suspects: { what: string; score: number; reasons: string[] }[];
      missing: string[];
    }
  | { kind: 'diagnosisFailed'; because: string }
  | { kind: 'remediationStarted'; id: string; action: string; target: Target; by: Actor; because: string }
  | { kind: 'remediationNotStarted'; because: string }
  | { kind: 'remediationEnded'; status: RemediationStatus; outcome: string; did: string }
  | { kind: 'mitigated'; by: Actor; note: string | null; cause: string | null }
  | { kind: 'holdStarted'; by: Actor; note: string | null; cause: string | null; why: string }
  | { kind: 'holdSampled'; value: number | null; healthy: boolean | null }
  | { kind: 'reopened'; by: Actor; reason: string; regression: boolean }
  | { kind: 'resolved'; why: string }
  | { kind: 'cancelled'; by: Actor; reason: string }
  | { kind: 'deliveryFailed'; what: string; because: string }
  | { kind: 'followUpStarted' }
);

/** Something to tell, in the pack's words; where it goes is decided when it is sent. */
export interface Announcement {
  to: 'room' | 'stakeholders' | 'public';
  message: MessageName | 'plain';
  status?: 'investigating' | 'identified' | 'monitoring' | 'resolved';
  facts: Record<string, string | number | boolean | null | string[]>;
  /** Whether nobody wrote it. */
  automatic: boolean;
}

export interface Evolution {
  state: IncidentState;
  entries: TimelineEntry[];
  announcements: Announcement[];
}

export const muster: Actor = { kind: 'muster', id: 'muster', name: 'Muster' };

/** Pure: the next state, what the timeline says of it and whom to tell. */
export const evolve = (before: IncidentState, fact: Fact, rules: Rules): Evolution => {
  const story = new Story(before, fact.at, rules);
  tell(story, fact);
  story.state.version += 1;
  return { state: story.state, entries: story.entries, announcements: story.announcements };
};

/** A copy of the state under change, collecting what is to be said. */
class Story {
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
    automatic = true,
  ): void {
    this.announcements.push({
      to,
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
  /** An internal update went out: the promise starts anew. */
  promiseInternal(): void {
    const { internal } = this.state.updates;
    internal.posted += 1;
    if (internal.dueAt !== null && this.at <= internal.dueAt) internal.kept += 1;
    internal.dueAt = this.at + elapsed(this.state, this.severity.updates.internal.every);
    internal.reminded = false;
  }
}

const tell = (story: Story, fact: Fact): void => {
  const { state, rules } = story;
  switch (fact.kind) {
    case 'declared': {
      const { updates, notify } = story.severity;
      state.updates.internal.dueAt = fact.at + elapsed(state, updates.internal.every);
      state.updates.public.dueAt = updates.public ? fact.at + elapsed(state, updates.public.firstWithin) : null;
      const alerts = Object.values(state.alerts);
      story.write(
        'declared',
        state.declaredBy,
        `Declared ${state.severity}: ${state.title}${state.drill ? ' (drill)' : ''}.`,
        {
          why: alerts[0]
            ? `alert from ${alerts[0].source}: ${alerts[0].title}`
            : `declared by ${state.declaredBy.name}`,
        },
      );
      if (state.continues) story.write('note', muster, `This continues ${state.continues}, which was already closing.`);
      story.announce('room', 'declared');
      story.announce('stakeholders', 'stakeholders', { groups: notify });
      if (updates.public?.atDeclaration) story.announce('public', 'publicFirst');
      return;
    }
    case 'alertsAttached': {
      const news = fact.alerts.filter((alert) => !isKnown(state, alert));
      state.alerts = { ...state.alerts };
      state.batches = [...state.batches.slice(-99), fact.batchId];
      for (const alert of news) state.alerts[alert.fingerprint] = alert;
      return;
    }
    case 'stepFired':
    case 'stepsPassedOver':
      state.ladderDone = [...state.ladderDone, ...(fact.kind === 'stepFired' ? [fact.key] : fact.keys)];
      return;
    case 'paged': {
      const rings = fact.reached.filter(
        (page) => page.rings && !state.pages.some((open) => open.dedupKey === page.dedupKey),
      );
      state.pages = [
        ...state.pages,
        ...rings.map(({ person, name, address, dedupKey }) => ({ person, name, address, dedupKey })),
      ];
      if (fact.nobodyOnDuty) {
        story.write('nobodyOnCall', muster, `Nobody holds the duty ${fact.duty} now.`, { why: fact.why });
        story.announce('room', 'plain', {
          text: `Nobody holds the duty ${fact.duty} right now: the next step was taken at once. Please fill the shift.`,
        });
      }
      for (const person of fact.reached) {
        story.write('paged', muster, `Paged ${person.name} (${fact.duty}) by ${person.via}.`, { why: fact.why });
      }
      for (const person of fact.failed) {
        story.write('pageFailed', muster, `Could not page ${person.name} (${fact.duty}): ${person.because}.`, {
          why: fact.why,
        });
      }
      return;
    }
    case 'pageUnknown':
      story.write('pageFailed', muster, `Paging ${fact.duty} failed: ${fact.because}.`, { why: fact.why });
      story.announce('room', 'plain', {
        text: `Paging ${fact.duty} failed (${fact.because}). Please reach them by hand.`,
      });
      return;
    case 'acknowledged': {
      const { acknowledgementExpires } = story.severity;
      state.acknowledged = {
        at: fact.at,
        by: fact.by.name,
        expiresAt: acknowledgementExpires === null ? null : fact.at + elapsed(state, acknowledgementExpires),
      };
      if (state.status === 'declared') state.status = 'investigating';
      const took = spanInWords((fact.at - state.declaredAt) * state.speed);
      story.write(
        'acknowledged',
        fact.by,
        `${fact.by.name} acknowledged after ${took}${fact.note ? `: ${fact.note}` : ''}.`,
      );
      story.announce('room', 'plain', { text: `${fact.by.name} acknowledged after ${took}. Paging stopped.` });
      return;
    }
    case 'acknowledgementExpired':
      story.write(
        'acknowledgementExpired',
        muster,
        `The acknowledgement of ${state.acknowledged?.by ?? 'nobody'} expired.`,
        { why: fact.why },
      );
      state.acknowledged = null;
      state.ladderDone = [];
      return;
    case 'responseLate':
      state.responseLate = true;
      story.write('reminded', muster, `Nobody acknowledged within ${spanInWords(story.severity.respondWithin)}.`, {
        why: fact.why,
      });
      return;
    case 'escalated':
      story.write(
        'escalated',
        fact.by,
        `${fact.by.name} escalated to ${rules.roster[fact.duty] ?? fact.duty}: ${fact.reason}`,
      );
      story.announce('room', 'plain', {
        text: `${fact.by.name} escalated to ${rules.roster[fact.duty] ?? fact.duty}: ${fact.reason}`,
      });
      return;
    case 'severityChanged':
      changeSeverity(story, fact);
      return;
    case 'roleTaken':
      state.roles = { ...state.roles, [fact.role]: { person: fact.person, name: fact.name, since: instant(fact.at) } };
      story.write(
        'roleTaken',
        fact.by,
        `${fact.name} is ${roleTitles[fact.role]} now${fact.by.id === fact.person ? '' : ` (set by ${fact.by.name})`}.`,
      );
      return;
    case 'rolesAsked': {
      state.rolesAsked = true;
      const wanted = fact.missing.map((role) => roleTitles[role]).join(', ');
      story.write('roleMissing', muster, `Still without ${wanted}.`, { why: fact.why });
      story.announce('room', 'plain', {
        text: `This incident still needs: ${wanted}. Take a role on the incident's page.`,
      });
      return;
    }
    case 'roomOpened':
      state.room = fact.room;
      story.write('roomOpened', muster, `Opened the room #${fact.room.name}.`);
      if (fact.room.missing.length > 0)
        story.write('roomIncomplete', muster, `The room lacks: ${fact.room.missing.join(', ')}.`);
      return;
    case 'roomFailed':
      state.roomFailed = true;
      story.write(
        'deliveryFailed',
        muster,
        `The room could not be opened (${fact.because}); messages go to ${rules.policy.room.notifyChannel}.`,
      );
      return;
    case 'updateGiven': {
      if (fact.status) story.move(fact.status);
      state.doing = fact.text;
      story.promiseInternal();
      story.write(
        'updatePosted',
        fact.by,
        `${fact.by.name} posted update #${state.updates.internal.posted}: ${fact.text}`,
      );
      story.announce(
        'room',
        'update',
        { number: state.updates.internal.posted, doing: fact.text, nextUpdateAt: nextUpdateAt(state) },
        false,
      );
      keepCustomersInStep(story);
      return;
    }
    case 'updateMissed': {
      const due = state.updates.internal.dueAt ?? fact.at;
      if (fact.how === 'autoPost') {
        story.promiseInternal();
        story.write(
          'updateMissed',
          muster,
          `Nobody wrote the update due at ${clock(due)}; posted holding update #${state.updates.internal.posted}.`,
          { why: fact.why },
        );
        story.announce('room', 'holding', { number: state.updates.internal.posted, nextUpdateAt: nextUpdateAt(state) });
        return;
      }
      state.updates.internal.broken += 1;
      state.updates.internal.dueAt = fact.at + elapsed(state, story.severity.updates.internal.every);
      state.updates.internal.reminded = false;
      story.write('updateMissed', muster, `The internal update due at ${clock(due)} was missed.`, { why: fact.why });
      return;
    }
    case 'reminded': {
      state.updates.internal.reminded = true;
      const due = state.updates.internal.dueAt ?? fact.at;
      story.write('reminded', muster, `Reminded of the update due at ${clock(due)}.`, { why: fact.why });
      story.announce('room', 'reminder', {
        nextUpdateAt: nextUpdateAt(state),
        number: state.updates.internal.posted + 1,
      });
      return;
    }
    case 'publicUpdateAsked':
      promisePublic(story);
      story.announce('public', 'publicUpdate', { text: fact.text, nextUpdateAt: nextPublicAt(state) }, false);
      return;
    case 'publicUpdateMissed': {
      const due = state.updates.public.dueAt ?? fact.at;
      promisePublic(story);
      if (fact.how === 'page') {
        state.updates.public.broken += 1;
        story.write('publicUpdateMissed', muster, `The public update due at ${clock(due)} was missed.`, {
          why: fact.why,
        });
        return;
      }
      story.write(
        'publicUpdateMissed',
        muster,
        `Nobody wrote the public update due at ${clock(due)}; a safe holding text goes out.`,
        { why: fact.why },
      );
      story.announce('public', state.updates.public.posted === 0 ? 'publicFirst' : 'publicHolding', {
        nextUpdateAt: nextPublicAt(state),
      });
      return;
    }
    case 'publicPosted': {
      const { public: promise } = state.updates;
      promise.posted += 1;
      promise.kept += 1;
      if (promise.posted === 1) promisePublic(story);
      state.publicUrl = fact.url ?? state.publicUrl;
      story.write(
        'publicUpdatePosted',
        muster,
        `Told customers on the status page: ${publicStatus(state)}${fact.replaced ? '; the leak guard put a safe text in place' : ''}.`,
        {
          public: true,
          ...(fact.replaced ? { why: fact.replaced } : {}),
        },
      );
      return;
    }
    case 'noted':
      story.write('note', fact.by, fact.text);
      return;
    case 'diagnosed': {
      const [top] = fact.suspects;
      state.doing = null;
      if (top && !state.cause) state.cause = `suspected: ${top.what}`;
      story.write('evidenceGathered', muster, fact.finding, {
        why:
          fact.missing.length > 0
            ? `could not be had: ${fact.missing.join(', ')}`
            : 'pods, events, revisions, logs and the symptom curve were read',
      });
      if (top) {
        story.move('identified');
        story.write('causeSuspected', muster, `Suspects ${top.what} (score ${top.score.toFixed(2)}).`, {
          why: top.reasons.join('; '),
        });
      }
      story.announce('room', 'plain', {
        text:
          top && !fact.finding.includes(top.what)
            ? `${sentence(fact.finding)} Prime suspect: ${top.what} (${top.reasons.join('; ')}).`
            : sentence(fact.finding),
      });
      return;
    }
    case 'diagnosisFailed':
      story.write('evidenceGathered', muster, `Evidence could not be gathered: ${fact.because}.`);
      return;
    case 'remediationStarted': {
      state.remediation = { id: fact.id, target: fact.target };
      state.remediationsStarted += 1;
      const what = `${fact.action} on ${fact.target.kind} ${fact.target.name}`;
      if (fact.by.kind === 'person') {
        story.write('remediationProposed', fact.by, `${fact.by.name} proposed ${what}: ${fact.because}`);
      } else {
        story.write('remediationProposed', fact.by, `Proposed ${what}.`, { why: fact.because });
      }
      return;
    }
    case 'remediationNotStarted':
      state.remediation = null;
      story.write('remediationRefused', muster, `No remediation was started: ${fact.because}.`);
      story.announce('room', 'plain', { text: `No remediation was started: ${fact.because}.` });
      return;
    case 'remediationEnded':
      state.remediation = null;
      state.doing = null;
      if (fact.status === 'recovered') {
        state.mitigatedAt = fact.at;
        state.fix = fact.did;
        state.cause = state.cause?.replace('suspected: ', '') ?? null;
        if (!state.hold) story.move('mitigating');
        story.write('mitigated', muster, `Mitigated: ${fact.outcome}`);
      }
      story.announce('room', 'plain', { text: `Remediation ${fact.status}: ${fact.outcome}` });
      return;
    case 'mitigated':
      state.mitigatedAt = fact.at;
      state.cause = fact.cause ?? state.cause;
      story.move('mitigating');
      story.write('mitigated', fact.by, `${fact.by.name} said mitigated${fact.note ? `: ${fact.note}` : ''}.`);
      story.announce('room', 'plain', { text: `${fact.by.name} said mitigated. ${fact.note ?? ''}`.trim() });
      return;
    case 'holdStarted': {
      const { hold } = story.severity;
      const holdMs = elapsed(state, hold.for);
      state.hold = { startedAt: fact.at, endsAt: fact.at + holdMs, samplesTaken: 0, lastHealthy: null, by: fact.by };
      state.status = 'monitoring';
      state.mitigatedAt ??= fact.at;
      state.cause = fact.cause ?? state.cause;
      state.fix = fact.note ?? state.fix;
      state.updates.internal.dueAt = null;
      state.updates.public.dueAt = null;
      state.updates.internal.posted += 1;
      story.write('holdStarted', fact.by, `The hold began: resolved after ${spanInWords(hold.for)} without symptoms.`, {
        why: fact.why,
      });
      story.announce('room', 'update', {
        number: state.updates.internal.posted,
        doing: `watching for ${spanInWords(hold.for)} before saying resolved`,
        nextUpdateAt: instant(state.hold.endsAt),
      });
      if (story.severity.updates.public)
        story.announce('public', 'publicMonitoring', { nextUpdateAt: instant(state.hold.endsAt) });
      return;
    }
    case 'holdSampled': {
      if (!state.hold) return;
      state.hold = { ...state.hold, samplesTaken: state.hold.samplesTaken + 1, lastHealthy: fact.healthy };
      const found =
        fact.healthy === null ? 'no data' : `${fact.healthy ? 'healthy' : 'unhealthy'}, ${figure(fact.value)}`;
      story.write('holdSampled', muster, `Check ${state.hold.samplesTaken} of the hold: ${found}.`);
      return;
    }
    case 'reopened': {
      state.hold = null;
      state.mitigatedAt = null;
      state.status = 'investigating';
      story.write(
        fact.regression ? 'regressed' : 'reopened',
        fact.by,
        `Reopened: ${fact.reason}`,
        fact.regression ? { why: 'symptoms came back during the hold' } : {},
      );
      story.promiseInternal();
      promisePublic(story);
      story.announce('room', 'update', {
        number: state.updates.internal.posted,
        doing: `investigating again: ${fact.reason}`,
        nextUpdateAt: nextUpdateAt(state),
      });
      if (story.severity.updates.public)
        story.announce('public', 'publicHolding', { nextUpdateAt: nextPublicAt(state) });
      return;
    }
    case 'resolved': {
      state.status = 'resolved';
      state.resolvedAt = fact.at;
      state.hold = null;
      state.updates.internal.dueAt = null;
      state.updates.public.dueAt = null;
      const took = spanInWords((fact.at - state.declaredAt) * state.speed);
      story.write('resolved', muster, `Resolved after ${took}.`, { why: fact.why });
      const facts = {
        duration: took,
        endedAt: instant(fact.at),
        followUp: story.severity.review.required ? 'a review will be booked' : 'a review is optional',
      };
      story.announce('room', 'resolved', facts);
      story.announce('stakeholders', 'resolved', facts);
      if (story.severity.updates.public) story.announce('public', 'publicResolved', facts);
      return;
    }
    case 'cancelled':
      state.status = 'cancelled';
      state.hold = null;
      state.updates.internal.dueAt = null;
      state.updates.public.dueAt = null;
      story.write('cancelled', fact.by, `${fact.by.name} cancelled the incident: ${fact.reason}`);
      story.announce('room', 'plain', { text: `${fact.by.name} cancelled this incident: ${fact.reason}` });
      if (state.updates.public.posted > 0)
        story.announce('public', 'publicResolved', {
          duration: spanInWords((fact.at - state.declaredAt) * state.speed),
          endedAt: instant(fact.at),
        });
      return;
    case 'deliveryFailed':
      story.write('deliveryFailed', muster, `${fact.what} was not delivered: ${fact.because}.`);
      return;
    case 'followUpStarted':
      story.write(
        'note',
        muster,
        `Follow-up began: review, postmortem and action items are tracked in ${state.id}/follow-up.`,
      );
      return;
  }
};

const changeSeverity = (story: Story, fact: Extract<Fact, { kind: 'severityChanged' }>): void => {
  const { state } = story;
  const from = state.severity;
  const old = story.severity;
  state.severity = fact.to;
  const now = story.severity;
  const rises = now.rank < old.rank;
  if (rises) {
    // A worse severity is news for everybody: the acknowledgement no longer counts and the new ladder starts afresh.
    state.acknowledged = null;
    state.ladderDone = [];
    state.responseLate = false;
  } else {
    // Whoever was paged on the old ladder is not paged again on the gentler one.
    const dutiesDone = old.ladder
      .filter((step) => state.ladderDone.includes(stepKey(from, step)))
      .map((step) => step.page);
    state.ladderDone = now.ladder
      .filter((step) => dutiesDone.includes(step.page))
      .map((step) => stepKey(state.severity, step));
  }
  state.rolesAsked = false;
  const told = old.notify;
  story.promiseInternal();
  if (!now.updates.public) state.updates.public.dueAt = null;
  else if (!state.hold) {
    const next =
      fact.at +
      elapsed(state, state.updates.public.posted === 0 ? now.updates.public.firstWithin : now.updates.public.every);
    state.updates.public.dueAt = Math.min(state.updates.public.dueAt ?? next, next);
  }
  if (state.hold) state.updates.internal.dueAt = null;
  story.write(
    'severityChanged',
    fact.by,
    `${fact.by.name} changed the severity from ${from} to ${fact.to}${fact.reason ? `: ${fact.reason}` : ''}.`,
    {
      why: rises
        ? 'the severity rose: the acknowledgement no longer counts and paging starts again'
        : 'the severity fell: the acknowledgement stays',
    },
  );
  story.announce('room', 'update', {
    number: state.updates.internal.posted,
    doing: `severity changed from ${from} to ${fact.to}${fact.reason ? ` (${fact.reason})` : ''}`,
    nextUpdateAt: nextUpdateAt(state),
  });
  const newly = now.notify.filter((group) => !told.includes(group));
  if (newly.length > 0) story.announce('stakeholders', 'stakeholders', { groups: newly });
};

/**
 * Where a pack asks for the same cadence inside and outside, customers hear when the room hears, unless they just did:
 * otherwise the two promises drift apart and everybody is asked twice as often.
 */
const keepCustomersInStep = (story: Story): void => {
  const { state, severity, at } = story;
  const { internal, public: customers } = severity.updates;
  const { dueAt, posted } = state.updates.public;
  if (!customers || customers.every !== internal.every || dueAt === null || posted === 0) return;
  if (dueAt - at > elapsed(state, customers.every) / 2) return;
  promisePublic(story);
  story.announce('public', 'publicHolding', { nextUpdateAt: nextPublicAt(state) });
};

const promisePublic = (story: Story): void => {
  const { public: rule } = story.severity.updates;
  story.state.updates.public.dueAt = rule ? story.at + elapsed(story.state, rule.every) : null;
};

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
  publicName: state.publicName,
  url: state.publicUrl,
  drill: state.drill,
});

/** What everybody may know, with all deadlines. */
export const viewOf = (state: IncidentState, rules: Rules): IncidentView => ({
  id: state.id,
  workflowId: state.workflowId,
  title: state.title,
  summary: state.summary,
  pack: state.pack,
  severity: state.severity,
  rank: severityPolicy(state, rules).rank,
  status: state.status,
  service: state.service,
  drill: state.drill,
  speed: state.speed,
  declaredAt: instant(state.declaredAt),
  declaredBy: state.declaredBy,
  acknowledgedAt: state.acknowledged ? instant(state.acknowledged.at) : null,
  acknowledgedBy: state.acknowledged?.by ?? null,
  mitigatedAt: state.mitigatedAt === null ? null : instant(state.mitigatedAt),
  resolvedAt: state.resolvedAt === null ? null : instant(state.resolvedAt),
  closedAt: null,
  roles: state.roles,
  minimumRoles: severityPolicy(state, rules).roles.minimum,
  deadlines: deadlinesOf(state, rules).map(publicDeadline),
  updates: {
    internal: promiseView(state.updates.internal),
    public: promiseView(state.updates.public),
  },
  room: state.room,
  publicUrl: state.publicUrl,
  alertsFiring: Object.values(state.alerts).filter((alert) => alert.status === 'firing').length,
  cause: state.cause,
  continues: state.continues,
  version: state.version,
});

const promiseView = ({ dueAt, kept, broken }: { dueAt: number | null; kept: number; broken: number }) => ({
  dueAt: dueAt === null ? null : instant(dueAt),
  kept,
  broken,
});
const nextUpdateAt = (state: IncidentState): string | null =>
  state.updates.internal.dueAt === null ? null : instant(state.updates.internal.dueAt);
const nextPublicAt = (state: IncidentState): string | null =>
  state.updates.public.dueAt === null ? null : instant(state.updates.public.dueAt);
/** The same alert in another batch is no news: a dispatcher that died may hand it over twice. */
const isKnown = (state: IncidentState, alert: AlertReference): boolean => {
  const held = state.alerts[alert.fingerprint];
  return held !== undefined && held.status === alert.status && held.startsAt === alert.startsAt;
};
const clock = (atMs: number): string => `${instant(atMs).slice(11, 16)} UTC`;
const figure = (value: number | null): string =>
  value === null ? 'no figure' : String(Math.round(value * 10_000) / 10_000);
