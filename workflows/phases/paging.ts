import { proxyActivities } from '@temporalio/workflow';
import type { Activities, PageOutcome } from '../../activities/index.ts';
import type { DutyPage } from '../../src/domain/incident/due.ts';
import { isOver } from '../../src/domain/incident/state.ts';
import { paging } from '../activity-options.ts';
import type { Desk } from '../desk.ts';
import { reasonOf } from '../outbox.ts';

const { page } = proxyActivities<Activities>(paging);

/** Pages whoever holds a duty now. The outcome, good or bad, is a fact on the timeline; there is no silent step. */
export const pageDuty = (desk: Desk, asked: DutyPage): void => {
  const { duty, step, why, fallback = true, contactFrom, whenNobody } = asked;
  desk.outbox.pagesInFlight += 1;
  desk.background(async () => {
    try {
      const request = {
        incident: desk.context,
        key: `${desk.state.id}/page/${step}`,
        duty,
        at: new Date(Date.now()).toISOString(),
        summary: `${desk.state.severity} ${desk.state.title}`,
        fallback,
        ...(contactFrom === undefined ? {} : { contactFrom }),
      };
      const outcome = await page.executeWithOptions({ summary: `page ${duty}: ${why}` }, [request]);
      recordOutcome(desk, asked, outcome);
      if (outcome.nobodyOnDuty && outcome.reached.length === 0) whenNobody?.();
    } catch (error) {
      desk.take({ kind: 'pageUnknown', duty, because: reasonOf(error), why });
      whenNobody?.();
    } finally {
      desk.outbox.pagesInFlight -= 1;
    }
  });
};

const recordOutcome = (desk: Desk, { duty, step, why }: DutyPage, outcome: PageOutcome): void => {
  const reached = outcome.reached.map((one) => ({
    ...one,
    dedupKey: one.dedupKey ?? '',
    rings: one.dedupKey !== null,
  }));
  desk.take({ kind: 'paged', duty, step, reached, failed: outcome.failed, nobodyOnDuty: outcome.nobodyOnDuty, why });
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
