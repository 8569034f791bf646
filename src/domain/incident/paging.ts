import { spanInWords, timeInWords } from '../duration.ts';
import type { Fact, Tellings } from './fact.ts';
import { giveHeldNotice } from './notices.ts';
import { elapsed, type IncidentState, type NextContact } from './state.ts';
import { muster } from './story.ts';

/** Who was paged, who answered, and who did not. */
export const paging = {
  paged(story, fact) {
    const { state } = story;
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
  },
  pageUnknown(story, fact) {
    story.write('pageFailed', muster, `Paging ${fact.duty} failed: ${fact.because}.`, { why: fact.why });
    story.announce('room', 'plain', {
      text: `Paging ${fact.duty} failed (${fact.because}). Please reach them by hand.`,
    });
  },
  contactTried(story, fact) {
    const { state } = story;
    state.contacts = state.contacts.filter(
      ({ step, person, contact }) =>
        step !== fact.contact.step || person !== fact.contact.person || contact !== fact.contact.contact,
    );
  },
  noticeDue(story, fact) {
    giveHeldNotice(story, fact.key, fact.why);
  },
  stepFired({ state }, fact) {
    state.ladderDone = [...state.ladderDone, fact.key];
  },
  stepsPassedOver({ state }, fact) {
    state.ladderDone = [...state.ladderDone, ...fact.keys];
  },
  acknowledged(story, fact) {
    const { state } = story;
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
  },
  acknowledgementExpired(story, fact) {
    const { state } = story;
    story.write(
      'acknowledgementExpired',
      muster,
      `The acknowledgement of ${state.acknowledged?.by ?? 'nobody'} expired.`,
      { why: fact.why },
    );
    state.acknowledged = null;
    state.ladderDone = [];
  },
  responseLate(story, fact) {
    const { state } = story;
    state.responseLate = true;
    story.write('reminded', muster, `Nobody acknowledged within ${timeInWords(story.severity.respondWithin)}.`, {
      why: fact.why,
    });
  },
  escalated(story, fact) {
    const { rules } = story;
    story.write(
      'escalated',
      fact.by,
      `${fact.by.name} escalated to ${rules.roster[fact.duty] ?? fact.duty}: ${fact.reason}`,
    );
    story.announce('room', 'plain', {
      text: `${fact.by.name} escalated to ${rules.roster[fact.duty] ?? fact.duty}: ${fact.reason}`,
    });
  },
} satisfies Partial<Tellings>;

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
