import type { Deadline, RoleName } from '../../schema/incident.ts';
import { instant, spanInWords, timeInWords } from '../duration.ts';
import { openSteps } from './escalation.ts';
import { heldNotices } from './notices.ts';
import {
  customersPromise,
  elapsed,
  type IncidentState,
  isOver,
  type Rules,
  respondAt,
  severityPolicy,
} from './state.ts';

/** A deadline on the workflow's clock; `Deadline` of the schema is its public form. */
export interface Due {
  name: string;
  at: number;
  action: string;
  who: string;
  why: string;
}

export const roleTitles: Record<RoleName, string> = {
  commander: 'commander',
  technicalLead: 'technical lead',
  communicationsLead: 'communications lead',
  scribe: 'scribe',
};

export const missingRoles = (state: IncidentState, rules: Rules): RoleName[] =>
  (Object.keys(roleTitles) as RoleName[]).filter(
    (role) => severityPolicy(state, rules).roles.minimum.includes(role) && !state.roles[role],
  );

/** Everything that will happen by itself, soonest first. Pure: the one source of timers, `next` and the pages' countdown. */
export const deadlinesOf = (state: IncidentState, rules: Rules): Due[] => {
  if (isOver(state.status)) return [];
  const dues = state.hold
    ? holdDues(state, rules)
    : [
        ...ladderDues(state, rules),
        ...contactDues(state, rules),
        ...noticeDues(state, rules),
        ...peopleDues(state, rules),
      ];
  return [...dues, ...updateDues(state, rules)].sort((one, other) => one.at - other.at);
};

export const publicDeadline = (due: Due): Deadline => ({
  name: due.name,
  dueAt: instant(due.at),
  action: due.action,
  who: due.who,
  why: due.why,
});

const ladderDues = (state: IncidentState, rules: Rules): Due[] =>
  openSteps(state, rules).map(({ key, step, at }) => {
    const who = rules.roster[step.page] ?? step.page;
    return {
      name: `page:${key}`,
      at,
      action: `page ${who === step.page ? who : `${who} (${step.page})`} unless ${step.unless}`,
      who,
      why: `${rules.policy.pack} ${state.severity}: page ${step.page} after ${spanInWords(step.after)} unless ${step.unless}`,
    };
  });

const contactDues = (state: IncidentState, rules: Rules): Due[] =>
  state.contacts.map((next) => ({
    name: contactName(next),
    at: next.at,
    action: `try ${next.name} over the next contact unless acknowledged`,
    who: next.name,
    why: `${rules.policy.pack} ${state.severity}: ${next.name} has not answered`,
  }));

export const contactName = ({ step, person, contact }: IncidentState['contacts'][number]): string =>
  `contact:${step}/${person}/${contact}`;

const noticeDues = (state: IncidentState, rules: Rules): Due[] =>
  heldNotices(state, rules).map(({ key, notice, at, ends }) => ({
    name: `notice:${key}`,
    at,
    action: `tell ${notice.to}${ends === 'responseTime' && notice.otherwisePage ? ` and page ${notice.otherwisePage}` : ''}`,
    who: notice.to,
    why: `${rules.policy.pack} ${state.severity}: ${
      ends === 'opening' ? 'told when business hours open' : 'not held longer than the response time'
    }`,
  }));

const peopleDues = (state: IncidentState, rules: Rules): Due[] => {
  const { respondWithin, roles } = severityPolicy(state, rules);
  const dues: Due[] = [];
  const respondBy = respondAt(state, rules);
  if (!state.acknowledged && !state.responseLate && respondBy !== null) {
    dues.push({
      name: 'respond',
      at: respondBy,
      action: 'record that nobody acknowledged in time',
      who: 'on-call',
      why: `${rules.policy.pack} ${state.severity}: acknowledge within ${timeInWords(respondWithin)}`,
    });
  }
  if (state.acknowledged?.expiresAt) {
    dues.push({
      name: 'acknowledgement',
      at: state.acknowledged.expiresAt,
      action: 'start paging again: the acknowledgement expires',
      who: state.acknowledged.by,
      why: `${rules.policy.pack} ${state.severity}: an acknowledgement lasts ${spanInWords(severityPolicy(state, rules).acknowledgementExpires ?? 0)}`,
    });
  }
  const missing = missingRoles(state, rules);
  if (missing.length > 0 && !state.rolesAsked) {
    dues.push({
      name: 'roles',
      at: state.declaredAt + elapsed(state, roles.filledWithin),
      action: `ask for a ${missing.map((role) => roleTitles[role]).join(', ')}`,
      who: state.roles.commander?.name ?? 'commander',
      why: `${rules.policy.pack} ${state.severity}: minimum roles filled within ${spanInWords(roles.filledWithin)}`,
    });
  }
  return dues;
};

const updateDues = (state: IncidentState, rules: Rules): Due[] => {
  const { internal } = severityPolicy(state, rules).updates;
  const customers = customersPromise(state, rules);
  const lead = state.roles.communicationsLead?.name ?? state.roles.commander?.name ?? 'commander';
  const dues: Due[] = [];
  const { updates } = state;
  if (internal && updates.internal.dueAt !== null) {
    const why = `${rules.policy.pack} ${state.severity}: an internal update every ${spanInWords(internal.every)}`;
    const remindAt = updates.internal.dueAt - elapsed(state, internal.remindBefore);
    if (!updates.internal.reminded) {
      dues.push({
        name: 'remind:internal',
        at: remindAt,
        action: `remind ${lead} of the update, with a draft`,
        who: lead,
        why,
      });
    }
    dues.push({
      name: 'update:internal',
      at: updates.internal.dueAt,
      action:
        internal.onMissed === 'autoPost' ? 'post a factual holding update in the room' : `page ${lead}: update missed`,
      who: lead,
      why,
    });
  }
  if (customers && updates.public.dueAt !== null) {
    const first = updates.public.posted === 0;
    dues.push({
      name: first ? 'update:public:first' : 'update:public',
      at: updates.public.dueAt,
      action:
        customers.onMissed === 'autoPost'
          ? 'post a safe holding update on the status page'
          : `page ${lead}: status page is late`,
      who: lead,
      why: first
        ? `${rules.policy.pack} ${state.severity}: first public post within ${spanInWords(customers.firstWithin)}`
        : `${rules.policy.pack} ${state.severity}: a public update every ${spanInWords(customers.every)}`,
    });
  }
  return dues;
};

const holdDues = (state: IncidentState, rules: Rules): Due[] => {
  const hold = state.hold;
  if (!hold) return [];
  const { hold: rule } = severityPolicy(state, rules);
  const quiet = spanInWords((hold.endsAt - hold.startedAt) * state.speed);
  const why = `${rules.policy.pack} ${state.severity}: quiet for ${quiet} before resolved`;
  const dues: Due[] = [];
  if (hold.samplesTaken < rule.samples - 1) {
    const spacing = (hold.endsAt - hold.startedAt) / rule.samples;
    dues.push({
      name: 'hold:sample',
      at: hold.startedAt + spacing * (hold.samplesTaken + 1),
      action: 'check that the symptoms stay away',
      who: 'Muster',
      why,
    });
  }
  dues.push({
    name: 'hold:end',
    at: hold.endsAt,
    action: 'say resolved if the symptoms stayed away',
    who: 'Muster',
    why,
  });
  return dues;
};
