import { proxyActivities } from '@temporalio/workflow';
import type { Activities, PageOutcome } from '../../activities/index.ts';
import { spanInWords } from '../../src/domain/duration.ts';
import { type DueStep, stepAfter } from '../../src/domain/escalation.ts';
import { isOver } from '../../src/domain/incident-state.ts';
import { paging } from '../activity-options.ts';
import type { Desk } from '../desk.ts';
import { reasonOf } from '../outbox.ts';

const { page } = proxyActivities<Activities>(paging);

/** Fires one step of a ladder. A duty that nobody holds is skipped at once: the next step follows immediately. */
export const pageStep = (desk: Desk, due: DueStep): void => {
  desk.take({ kind: 'stepFired', key: due.key });
  const { pack } = desk.rules.policy;
  const why = `${pack} ${desk.state.severity}: page ${due.step.page} after ${spanInWords(due.step.after)} unless ${due.step.unless}`;
  const next = stepAfter(desk.state, desk.rules, due.step);
  pageDuty(desk, {
    duty: due.step.page,
    step: due.key,
    why,
    fallback: next === null,
    whenNobody: () => {
      const following = stepAfter(desk.state, desk.rules, due.step);
      if (following) pageStep(desk, following);
    },
  });
};

interface DutyPage {
  duty: string;
  step: string;
  why: string;
  fallback?: boolean;
  whenNobody?: () => void;
}

/** Pages whoever holds a duty now. The outcome, good or bad, is a fact on the timeline; there is no silent step. */
export const pageDuty = (desk: Desk, { duty, step, why, fallback = true, whenNobody }: DutyPage): void => {
  desk.outbox.pagesInFlight += 1;
  desk.background(async () => {
    try {
      const outcome = await page({
        incident: desk.context,
        key: `${desk.state.id}/page/${step}`,
        duty,
        at: new Date(Date.now()).toISOString(),
        summary: `${desk.state.severity} ${desk.state.title}`,
        fallback,
      });
      recordOutcome(desk, duty, why, outcome);
      if (outcome.nobodyOnDuty && outcome.reached.length === 0) whenNobody?.();
    } catch (error) {
      desk.take({ kind: 'pageUnknown', duty, because: reasonOf(error), why });
      whenNobody?.();
    } finally {
      desk.outbox.pagesInFlight -= 1;
    }
  });
};

const recordOutcome = (desk: Desk, duty: string, why: string, outcome: PageOutcome): void => {
  const reached = outcome.reached.map((one) => ({
    ...one,
    dedupKey: one.dedupKey ?? '',
    rings: one.dedupKey !== null,
  }));
  desk.take({ kind: 'paged', duty, reached, failed: outcome.failed, nobodyOnDuty: outcome.nobodyOnDuty, why });
  const people = reached.map((one) => one.person);
  if (desk.state.room && people.length > 0) {
    desk.outbox.push({
      kind: 'invite',
      key: desk.outbox.key('invite'),
      incident: desk.context,
      room: desk.state.room.id,
      people,
    });
  }
  // An acknowledgement that came while this page was on its way must stop it as well.
  if (desk.state.acknowledged || isOver(desk.state.status)) quietPhones(desk, 'acknowledge');
};

/** Other phones stop ringing; `resolve` also closes the pages at the vendor. */
export const quietPhones = (desk: Desk, how: 'acknowledge' | 'resolve'): void => {
  const pages = desk.state.pages.map(({ address, dedupKey }) => ({ address, dedupKey }));
  if (pages.length === 0) return;
  desk.outbox.push({ kind: 'quiet', key: desk.outbox.key('quiet'), incident: desk.context, how, pages });
};
