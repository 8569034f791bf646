import type { AlertReference } from '../../schema/alert.ts';
import { instant, spanInWords } from '../duration.ts';
import type { Tellings } from './fact.ts';
import { giveNotices } from './notices.ts';
import { applyPolicy, changeSeverity } from './severity-change.ts';
import { elapsed, holdTime, type IncidentState } from './state.ts';
import { muster } from './story.ts';

/** From declared to resolved: what moves the incident as a whole. */
export const course = {
  declared(story, fact) {
    const { state } = story;
    const { customers } = story;
    story.expectInternal();
    state.updates.public.dueAt = customers ? fact.at + elapsed(state, customers.firstWithin) : null;
    const alerts = Object.values(state.alerts);
    story.write(
      'declared',
      state.declaredBy,
      `Declared ${state.severity}: ${state.title}${state.drill ? ' (drill)' : ''}.`,
      {
        why: alerts[0] ? `alert from ${alerts[0].source}: ${alerts[0].title}` : `declared by ${state.declaredBy.name}`,
      },
    );
    if (state.continues) story.write('note', muster, `This continues ${state.continues}, which was already closing.`);
    story.announce('room', 'declared');
    if (story.severity.drafts.includes('social')) story.announce('room', 'socialDraft');
    giveNotices(story);
    if (customers?.atDeclaration)
      story.announce('public', 'publicFirst', { nextUpdateAt: instant(fact.at + elapsed(state, customers.every)) });
  },
  alertsAttached(story, fact) {
    const { state } = story;
    const news = fact.alerts.filter((alert) => !isKnown(state, alert));
    state.alerts = { ...state.alerts };
    state.batches = [...state.batches.slice(-99), fact.batchId];
    for (const alert of news) state.alerts[alert.fingerprint] = alert;
  },
  severityChanged(story, fact) {
    changeSeverity(story, fact);
  },
  policyApplied(story, fact) {
    applyPolicy(story, fact);
  },
  mitigated(story, fact) {
    const { state } = story;
    state.mitigatedAt = fact.at;
    state.cause = fact.cause ?? state.cause;
    story.move('mitigating');
    story.write('mitigated', fact.by, `${fact.by.name} said mitigated${fact.note ? `: ${fact.note}` : ''}.`);
    story.announce('room', 'plain', { text: `${fact.by.name} said mitigated. ${fact.note ?? ''}`.trim() });
  },
  holdStarted(story, fact) {
    const { state, rules } = story;
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
  },
  holdSampled(story, fact) {
    const { state } = story;
    if (!state.hold) return;
    state.hold = { ...state.hold, samplesTaken: state.hold.samplesTaken + 1, lastHealthy: fact.healthy };
    const found =
      fact.healthy === null ? 'no data' : `${fact.healthy ? 'healthy' : 'unhealthy'}, ${figure(fact.value)}`;
    story.write('holdSampled', muster, `Check ${state.hold.samplesTaken} of the hold: ${found}.`);
  },
  reopened(story, fact) {
    const { state } = story;
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
  },
  resolved(story, fact) {
    const { state } = story;
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
  },
  cancelled(story, fact) {
    const { state } = story;
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
  },
  followUpStarted(story) {
    const { state } = story;
    story.write(
      'note',
      muster,
      `Follow-up began: review, postmortem and action items are tracked in ${state.id}/follow-up.`,
    );
  },
} satisfies Partial<Tellings>;

/** The same alert in another batch is no news: a dispatcher that died may hand it over twice. */
const isKnown = (state: IncidentState, alert: AlertReference): boolean => {
  const held = state.alerts[alert.fingerprint];
  return held !== undefined && held.status === alert.status && held.startsAt === alert.startsAt;
};
const figure = (value: number | null): string =>
  value === null ? 'no figure' : String(Math.round(value * 10_000) / 10_000);
