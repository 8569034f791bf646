import type { AlertReference } from '../schema/alert.ts';
import type { Actor, IncidentView, RoleName, Room, Said, TimelineEntry } from '../schema/incident.ts';
import type { RemediationStatus, Target } from '../schema/remediation.ts';
import type { ChosenRunbook } from '../schema/runbook.ts';
import type { NextMethod } from './contacts.ts';
import { deadlinesOf, publicDeadline, roleTitles } from './deadlines.ts';
import { instant, spanInWords, timeInWords } from './duration.ts';
import {
  elapsed,
  holdTime,
  type IncidentState,
  type NextContact,
  type OpenPage,
  type Rules,
  severityPolicy,
} from './incident-state.ts';
import { giveHeldNotice, giveNotices } from './notices.ts';
import { handOverRole, type OfferedRole, offerRole, withdrawOffer } from './role-hand-over.ts';
import { sentence } from './sentence.ts';
import { applyPolicy, type Before, changeSeverity } from './severity-change.ts';
import { type Announcement, muster, publicStatus, Story } from './story.ts';

/** What happened, in workflow time. The only way an incident changes is `evolve(state, fact, rules)`. */
export type Fact = { at: number } & (
  | { kind: 'declared' }
  | { kind: 'alertsAttached'; batchId: string; alerts: AlertReference[] }
  | {
      kind: 'paged';
      duty: string;
      /** Key of the page, of which further contact methods are the continuation. */
      step: string;
      reached: (OpenPage & { via: string; rings: boolean; next?: NextMethod })[];
      failed: { name: string; because: string }[];
      nobodyOnDuty: boolean;
      why: string;
    }
  | { kind: 'pageUnknown'; duty: string; because: string; why: string }
  | { kind: 'contactTried'; contact: NextContact }
  | { kind: 'noticeDue'; key: string; why: string }
  | { kind: 'stepsPassedOver'; keys: string[] }
  | { kind: 'stepFired'; key: string }
  | { kind: 'acknowledged'; by: Actor; note: string | null }
  | { kind: 'acknowledgementExpired'; why: string }
  | { kind: 'responseLate'; why: string }
  | { kind: 'escalated'; by: Actor; reason: string; duty: string }
  | { kind: 'severityChanged'; by: Actor; to: string; reason: string | null }
  | { kind: 'policyApplied'; by: Actor; severity: string; before: Before; reason: string; summary: string[] }
  | { kind: 'roleTaken'; by: Actor; role: RoleName; person: string; name: string }
  | ({ kind: 'roleOffered' } & OfferedRole)
  | { kind: 'roleHandedOver'; by: Actor; role: RoleName }
  | { kind: 'rolesAsked'; missing: RoleName[]; why: string }
  | { kind: 'roomOpened'; room: Room }
  | { kind: 'roomFailed'; because: string }
  | {
      kind: 'updateGiven';
      by: Actor;
      text: string;
      status: 'investigating' | 'identified' | 'mitigating' | null;
      said?: Said;
    }
  | { kind: 'updateMissed'; how: 'autoPost' | 'page'; why: string }
  | { kind: 'reminded'; why: string }
  | { kind: 'publicUpdateAsked'; by: Actor; text: string; said?: Said }
  | { kind: 'publicUpdateMissed'; how: 'autoPost' | 'page'; why: string }
  | { kind: 'publicPosted'; url: string | null; replaced: string | null; automatic: boolean }
  | { kind: 'noted'; by: Actor; text: string }
  | {
      kind: 'diagnosed';
      finding: string;
      suspects: { what: string; score: number; reasons: string[] }[];
      missing: string[];
      /** The runbook that fits, or goes on. */
      runbook: ChosenRunbook | null;
    }
  | { kind: 'diagnosisFailed'; because: string }
  | {
      kind: 'remediationStarted';
      id: string;
      action: string;
      target: Target;
      by: Actor;
      because: string;
      /** Of the runbook. */
      step: string | null;
    }
  | {
      kind: 'remediationJoined';
      remediationId: string;
      incidentId: string;
      action: string;
      target: Target;
      what: string;
    }
  | { kind: 'remediationNotStarted'; because: string }
  | { kind: 'remediationEnded'; status: RemediationStatus; outcome: string; did: string; tasks: string[] }
  | { kind: 'mitigated'; by: Actor; note: string | null; cause: string | null }
  | { kind: 'holdStarted'; by: Actor; note: string | null; cause: string | null; why: string }
  | { kind: 'holdSampled'; value: number | null; healthy: boolean | null }
  | { kind: 'reopened'; by: Actor; reason: string; regression: boolean }
  | { kind: 'resolved'; why: string }
  | { kind: 'cancelled'; by: Actor; reason: string }
  | { kind: 'deliveryFailed'; what: string; because: string }
  | { kind: 'followUpStarted' }
);

export interface Evolution {
  state: IncidentState;
  entries: TimelineEntry[];
  announcements: Announcement[];
}

/** Pure: the next state, what the timeline says of it and whom to tell. */
export const evolve = (before: IncidentState, fact: Fact, rules: Rules): Evolution => {
  const story = new Story(before, fact.at, rules);
  tell(story, fact);
  story.state.version += 1;
  return { state: story.state, entries: story.entries, announcements: story.announcements };
};

/** The runbook that fits now, or goes on; one that stops automation does so for the rest of the incident. */
const chooseRunbook = (story: Story, runbook: ChosenRunbook | null): void => {
  const { state } = story;
  const isNew = runbook !== null && state.runbook?.name !== runbook.name;
  if (runbook) state.runbook = runbook;
  if (!runbook || !isNew) return;
  const never = runbook.never.map(({ what, because }) => `${what} (${because})`).join('; ');
  story.write('causeSuspected', muster, `Runbook ${runbook.name} fits: ${runbook.because}`, {
    why: never === '' ? `version ${runbook.version}` : `version ${runbook.version}; never: ${never}`,
  });
  if (!runbook.stop) return;
  state.stopped = runbook.stop.because;
  const text = `Nothing is changed by Muster any more in this incident: ${runbook.stop.because} ${runbook.stop.ask}`;
  story.write('changesStopped', muster, text);
  story.announce('room', 'plain', { text });
};

const tell = (story: Story, fact: Fact): void => {
  const { state, rules } = story;
  switch (fact.kind) {
    case 'declared': {
      const { customers } = story;
      story.expectInternal();
      state.updates.public.dueAt = customers ? fact.at + elapsed(state, customers.firstWithin) : null;
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
      if (story.severity.drafts.includes('social')) story.announce('room', 'socialDraft');
      giveNotices(story);
      if (customers?.atDeclaration)
        story.announce('public', 'publicFirst', { nextUpdateAt: instant(fact.at + elapsed(state, customers.every)) });
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
      state.contacts = [...state.contacts, ...nextContacts(state, fact)];
      if (fact.nobodyOnDuty) {
        story.write('nobodyOnCall', muster, `Nobody holds the duty ${fact.duty} now.`, { why: fact.why });
        story.announce('room', 'plain', {
          text: `Nobody holds the duty ${fact.duty} right now: the next step was taken at once. Please fill the shift.`,
        });
      }
      for (const person of fact.reached) {
        story.write('paged', muster, `Paged ${person.name} (${asked(fact.duty)}) by ${person.via}.`, { why: fact.why });
      }
      for (const person of fact.failed) {
        story.write('pageFailed', muster, `Could not page ${person.name} (${asked(fact.duty)}): ${person.because}.`, {
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
    case 'contactTried':
      state.contacts = state.contacts.filter(
        ({ step, person, contact }) =>
          step !== fact.contact.step || person !== fact.contact.person || contact !== fact.contact.contact,
      );
      return;
    case 'noticeDue':
      giveHeldNotice(story, fact.key, fact.why);
      return;
    case 'acknowledged': {
      state.contacts = [];
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
      story.write('reminded', muster, `Nobody acknowledged within ${timeInWords(story.severity.respondWithin)}.`, {
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
    case 'policyApplied':
      applyPolicy(story, fact);
      return;
    case 'roleTaken':
      withdrawOffer(state, fact.role);
      state.roles = { ...state.roles, [fact.role]: { person: fact.person, name: fact.name, since: instant(fact.at) } };
      story.write(
        'roleTaken',
        fact.by,
        `${fact.name} is ${roleTitles[fact.role]} now${fact.by.id === fact.person ? '' : ` (set by ${fact.by.name})`}.`,
      );
      return;
    case 'roleOffered':
      offerRole(story, fact);
      return;
    case 'roleHandedOver':
      handOverRole(story, fact);
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
      remember(state, fact.said);
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
        { number: state.updates.internal.posted, doing: fact.text, nextUpdateAt: story.nextUpdateAt },
        { automatic: false },
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
        story.announce('room', 'holding', { number: state.updates.internal.posted, nextUpdateAt: story.nextUpdateAt });
        return;
      }
      state.updates.internal.broken += 1;
      story.expectInternal();
      story.write('updateMissed', muster, `The internal update due at ${clock(due)} was missed.`, { why: fact.why });
      return;
    }
    case 'reminded': {
      state.updates.internal.reminded = true;
      const due = state.updates.internal.dueAt ?? fact.at;
      story.write('reminded', muster, `Reminded of the update due at ${clock(due)}.`, { why: fact.why });
      story.announce('room', 'reminder', {
        nextUpdateAt: story.nextUpdateAt,
        number: state.updates.internal.posted + 1,
      });
      return;
    }
    case 'publicUpdateAsked':
      remember(state, fact.said);
      story.promisePublic();
      story.announce(
        'public',
        'publicUpdate',
        { text: fact.text, nextUpdateAt: story.nextPublicAt },
        { automatic: false },
      );
      return;
    case 'publicUpdateMissed': {
      const due = state.updates.public.dueAt ?? fact.at;
      story.promisePublic();
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
        nextUpdateAt: story.nextPublicAt,
      });
      return;
    }
    case 'publicPosted': {
      const { public: promise } = state.updates;
      promise.posted += 1;
      promise.kept += 1;
      if (promise.posted === 1) story.promisePublic();
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
      chooseRunbook(story, fact.runbook);
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
      state.remediation = { id: fact.id, target: fact.target, step: fact.step };
      state.remediationsStarted += 1;
      const what = `${fact.action} on ${fact.target.kind} ${fact.target.name}`;
      if (fact.by.kind === 'person') {
        story.write('remediationProposed', fact.by, `${fact.by.name} proposed ${what}: ${fact.because}`);
      } else {
        story.write('remediationProposed', fact.by, `Proposed ${what}.`, { why: fact.because });
      }
      return;
    }
    case 'remediationJoined': {
      state.remediation = { id: fact.remediationId, target: fact.target, step: null, joined: true };
      const text = `Joined ${fact.remediationId}, which works on ${fact.target.kind} ${fact.target.name} for ${fact.incidentId}: ${fact.what}.`;
      story.write('remediationJoined', muster, text);
      story.announce('room', 'plain', { text });
      return;
    }
    case 'remediationNotStarted':
      state.remediation = null;
      story.write('remediationRefused', muster, `No remediation was started: ${fact.because}.`);
      story.announce('room', 'plain', { text: `No remediation was started: ${fact.because}.` });
      return;
    case 'remediationEnded': {
      // The run itself writes only on the timeline of the incident it was started for.
      const joined = state.remediation?.joined ? state.remediation.id : null;
      if (joined !== null && fact.status !== 'recovered')
        story.write('remediationJoined', muster, `${joined}, which was joined, ended ${fact.status}: ${fact.outcome}`);
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
      for (const task of fact.tasks) story.write('note', muster, `Still to do: ${task}`);
      state.tasks = [...new Set([...state.tasks, ...fact.tasks])];
      return;
    }
    case 'mitigated':
      state.mitigatedAt = fact.at;
      state.cause = fact.cause ?? state.cause;
      story.move('mitigating');
      story.write('mitigated', fact.by, `${fact.by.name} said mitigated${fact.note ? `: ${fact.note}` : ''}.`);
      story.announce('room', 'plain', { text: `${fact.by.name} said mitigated. ${fact.note ?? ''}`.trim() });
      return;
    case 'holdStarted': {
      const holdMs = holdTime(state, rules, fact.at);
      const quiet = spanInWords(holdMs * state.speed);
      state.contacts = [];
      state.hold = { startedAt: fact.at, endsAt: fact.at + holdMs, samplesTaken: 0, lastHealthy: null, by: fact.by };
      state.status = 'monitoring';
      state.mitigatedAt ??= fact.at;
      state.cause = fact.cause ?? state.cause;
      state.fix = fact.note ?? state.fix;
      state.updates.internal.dueAt = null;
      state.updates.public.dueAt = null;
      state.updates.internal.posted += 1;
      story.write('holdStarted', fact.by, `The hold began: resolved after ${quiet} without symptoms.`, {
        why: fact.why,
      });
      story.announce('room', 'update', {
        number: state.updates.internal.posted,
        doing: `watching for ${quiet} before saying resolved`,
        nextUpdateAt: instant(state.hold.endsAt),
      });
      if (story.customers) story.announce('public', 'publicMonitoring', { nextUpdateAt: instant(state.hold.endsAt) });
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
      story.promisePublic();
      story.announce('room', 'update', {
        number: state.updates.internal.posted,
        doing: `investigating again: ${fact.reason}`,
        nextUpdateAt: story.nextUpdateAt,
      });
      if (story.customers) story.announce('public', 'publicHolding', { nextUpdateAt: story.nextPublicAt });
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
      if (story.customers) story.announce('public', 'publicResolved', facts);
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

/**
 * Where a pack asks for the same cadence inside and outside, customers hear when the room hears, unless they just did:
 * otherwise the two promises drift apart and everybody is asked twice as often.
 */
const keepCustomersInStep = (story: Story): void => {
  const { state, severity, customers, at } = story;
  const { dueAt, posted } = state.updates.public;
  if (!customers || customers.every !== severity.updates.internal?.every || dueAt === null || posted === 0) return;
  if (dueAt - at > elapsed(state, customers.every) / 2) return;
  story.promisePublic();
  story.announce('public', 'publicHolding', { nextUpdateAt: story.nextPublicAt });
};

/** The workflow hands over what a client sent, so only the known words are kept; an empty one takes the old one away. */
const remember = (state: IncidentState, said: Said = {}): void => {
  const { impact, nextSteps, eta, workaround, briefCause } = said;
  const given = Object.entries({ nextSteps, eta, workaround, briefCause }).filter(([, words]) => words !== undefined);
  state.said = { ...state.said, ...Object.fromEntries(given) };
  if (impact !== undefined) state.summary = impact;
};

/** What somebody was paged as. */
const asked = (duty: string): string => (duty.startsWith('person:') ? 'next contact' : duty);

/** Whoever was reached over one contact method is tried over the next, unless somebody acknowledges before. */
const nextContacts = (state: IncidentState, fact: Extract<Fact, { kind: 'paged' }>): NextContact[] =>
  state.acknowledged
    ? []
    : fact.reached.flatMap(({ person, name, next }) =>
        next
          ? [{ person, name, step: fact.step, contact: next.contact, at: fact.at + elapsed(state, next.afterMs) }]
          : [],
      );

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
  team: state.team,
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
  ...(state.offers ? { offers: state.offers } : {}),
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
/** The same alert in another batch is no news: a dispatcher that died may hand it over twice. */
const isKnown = (state: IncidentState, alert: AlertReference): boolean => {
  const held = state.alerts[alert.fingerprint];
  return held !== undefined && held.status === alert.status && held.startsAt === alert.startsAt;
};
const clock = (atMs: number): string => `${instant(atMs).slice(11, 16)} UTC`;
const figure = (value: number | null): string =>
  value === null ? 'no figure' : String(Math.round(value * 10_000) / 10_000);
