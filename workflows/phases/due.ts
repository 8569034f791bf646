import { deadlinesOf, missingRoles } from '../../src/domain/deadlines.ts';
import { stepsDue } from '../../src/domain/escalation.ts';
import { severityPolicy } from '../../src/domain/incident-state.ts';
import type { Desk } from '../desk.ts';
import { endHold, sampleHold } from './holding.ts';
import { pageDuty, pageStep } from './paging.ts';

/** Does what has fallen due, worst first. Each deadline that is handled changes the state, so none fires twice. */
export const carryOutDue = (desk: Desk): void => {
  const now = Date.now();
  const { fire, passOver } = stepsDue(desk.state, desk.rules, now);
  if (passOver.length > 0) desk.take({ kind: 'stepsPassedOver', keys: passOver.map(({ key }) => key) });
  for (const due of fire) pageStep(desk, due);
  for (const due of deadlinesOf(desk.state, desk.rules)) {
    if (due.at > now) break;
    carryOut(desk, due.name, due.why);
  }
};

const carryOut = (desk: Desk, name: string, why: string): void => {
  const { updates } = severityPolicy(desk.state, desk.rules);
  switch (name) {
    case 'respond':
      return desk.take({ kind: 'responseLate', why });
    case 'acknowledgement':
      return desk.take({ kind: 'acknowledgementExpired', why });
    case 'roles':
      return desk.take({ kind: 'rolesAsked', missing: missingRoles(desk.state, desk.rules), why });
    case 'remind:internal':
      return desk.take({ kind: 'reminded', why });
    case 'update:internal': {
      desk.take({ kind: 'updateMissed', how: updates.internal.onMissed, why });
      if (updates.internal.onMissed === 'page')
        pageDuty(desk, { duty: 'on-call', step: `update-${desk.state.entryCount}`, why });
      return;
    }
    case 'update:public':
    case 'update:public:first': {
      const how = updates.public?.onMissed ?? 'autoPost';
      desk.take({ kind: 'publicUpdateMissed', how, why });
      if (how === 'page') pageDuty(desk, { duty: 'on-call', step: `public-${desk.state.entryCount}`, why });
      return;
    }
    case 'hold:sample':
      return sampleHold(desk);
    case 'hold:end':
      return endHold(desk);
  }
};
