/**
 * What happens when a deadline comes. The same for an incident and for its simulation: both lend a hand that can take a
 * fact, page a duty and look at the symptom, and nothing here waits for any of it.
 */

import { timeInWords } from '../duration.ts';
import { contactName, deadlinesOf, missingRoles } from './deadlines.ts';
import { type DueStep, stepAfter, stepsDue } from './escalation.ts';
import type { Fact } from './fact.ts';
import { heldNotices } from './notices.ts';
import { customersPromise, type IncidentState, type Rules, severityPolicy } from './state.ts';

type WithoutTime<T> = T extends unknown ? Omit<T, 'at'> : never;
export type FactNow = WithoutTime<Fact>;

export interface DutyPage {
  /** Duty of the organisation, or `person:<id>`. */
  duty: string;
  step: string;
  why: string;
  /** Whether the fallback group is paged when the duty reaches nobody. */
  fallback?: boolean;
  contactFrom?: number;
  whenNobody?: () => void;
}

export interface Hand {
  readonly state: IncidentState;
  readonly rules: Rules;
  take(fact: FactNow): void;
  page(page: DutyPage): void;
  /** A check in the middle of the hold, and the one that ends it. */
  sampleHold(): void;
  endHold(): void;
}

/** The duty that is asked when nobody else is named. */
const firstDuty = 'on-call';

/** Does what has fallen due, worst first. Each deadline that is handled changes the state, so none fires twice. */
export const carryOutDue = (hand: Hand, now: number): void => {
  const { fire, passOver } = stepsDue(hand.state, hand.rules, now);
  if (passOver.length > 0) hand.take({ kind: 'stepsPassedOver', keys: passOver.map(({ key }) => key) });
  for (const due of fire) fireStep(hand, due);
  for (const due of deadlinesOf(hand.state, hand.rules)) {
    if (due.at > now) break;
    carryOut(hand, due.name, due.why);
  }
};

/** Fires one step of a ladder. A duty that nobody holds is skipped at once: the next step follows immediately. */
const fireStep = (hand: Hand, due: DueStep): void => {
  hand.take({ kind: 'stepFired', key: due.key });
  const { pack } = hand.rules.policy;
  const { page, after, unless } = due.step;
  hand.page({
    duty: page,
    step: due.key,
    why: `${pack} ${hand.state.severity}: page ${page} after ${timeInWords(after)} unless ${unless}`,
    fallback: stepAfter(hand.state, hand.rules, due.step) === null,
    whenNobody: () => {
      const following = stepAfter(hand.state, hand.rules, due.step);
      if (following) fireStep(hand, following);
    },
  });
};

const carryOut = (hand: Hand, name: string, why: string): void => {
  const { state, rules } = hand;
  switch (name) {
    case 'respond':
      return hand.take({ kind: 'responseLate', why });
    case 'acknowledgement':
      return hand.take({ kind: 'acknowledgementExpired', why });
    case 'roles':
      return hand.take({ kind: 'rolesAsked', missing: missingRoles(state, rules), why });
    case 'remind:internal':
      return hand.take({ kind: 'reminded', why });
    case 'update:internal': {
      const how = severityPolicy(state, rules).updates.internal?.onMissed ?? 'autoPost';
      hand.take({ kind: 'updateMissed', how, why });
      if (how === 'page') hand.page({ duty: firstDuty, step: `update-${hand.state.entryCount}`, why });
      return;
    }
    case 'update:public':
    case 'update:public:first': {
      const how = customersPromise(state, rules)?.onMissed ?? 'autoPost';
      hand.take({ kind: 'publicUpdateMissed', how, why });
      if (how === 'page') hand.page({ duty: firstDuty, step: `public-${hand.state.entryCount}`, why });
      return;
    }
    case 'hold:sample':
      return hand.sampleHold();
    case 'hold:end':
      return hand.endHold();
    default:
      if (name.startsWith('contact:')) tryNextContact(hand, name, why);
      else if (name.startsWith('notice:')) giveNotice(hand, name, why);
  }
};

const tryNextContact = (hand: Hand, name: string, why: string): void => {
  const next = hand.state.contacts.find((contact) => contactName(contact) === name);
  if (!next) return;
  hand.take({ kind: 'contactTried', contact: next });
  hand.page({
    duty: `person:${next.person}`,
    step: `${next.step}/contact-${next.contact}`,
    why,
    fallback: false,
    contactFrom: next.contact,
  });
};

const giveNotice = (hand: Hand, name: string, why: string): void => {
  const held = heldNotices(hand.state, hand.rules).find(({ key }) => `notice:${key}` === name);
  if (!held) return;
  hand.take({ kind: 'noticeDue', key: held.key, why });
  const duty = held.notice.otherwisePage;
  if (held.ends === 'responseTime' && duty)
    hand.page({ duty, step: `notice-${hand.state.severity}-${duty}`.toLowerCase(), why });
};
