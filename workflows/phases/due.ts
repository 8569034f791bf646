import * as domain from '../../src/domain/incident/due.ts';
import type { Desk } from '../desk.ts';
import { endHold, sampleHold } from './holding.ts';
import { pageDuty } from './paging.ts';

/** Does what has fallen due; which that is and what follows is the domain's (src/domain/incident/due.ts). */
export const carryOutDue = (desk: Desk): void =>
  domain.carryOutDue(
    {
      get state() {
        return desk.state;
      },
      get rules() {
        return desk.rules;
      },
      take: (fact) => desk.take(fact),
      page: (page) => pageDuty(desk, page),
      sampleHold: () => sampleHold(desk),
      endHold: () => endHold(desk),
    },
    Date.now(),
  );
