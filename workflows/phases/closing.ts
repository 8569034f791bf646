import { condition, ParentClosePolicy, startChild, upsertSearchAttributes } from '@temporalio/workflow';
import { severityPolicy } from '../../src/domain/incident/state.ts';
import { followUpWorkflowId, taskQueue } from '../../src/domain/names.ts';
import type { Desk } from '../desk.ts';
import type { followUp } from '../follow-up.ts';
import type { incident } from '../incident.ts';
import { reasonOf } from '../outbox.ts';
import { attributes } from '../search-attributes.ts';
import { quietPhones } from './paging.ts';
import { leaveRun } from './remediating.ts';

/** Stops every phone, hands over to the follow-up and leaves only when everything that was to be told has been told. */
export const closeBooks = async (desk: Desk): Promise<void> => {
  const { state } = desk;
  desk.alarm.set(null);
  quietPhones(desk, 'resolve');
  upsertSearchAttributes([{ key: attributes.status, value: state.status }]);
  await leaveRun(desk);
  if (state.status === 'resolved') await startFollowUp(desk);
  while (desk.busy || !desk.outbox.isEmpty) {
    desk.changed = false;
    desk.outbox.pump();
    if (desk.busy) await condition(() => desk.changed);
  }
  desk.rest();
  await handOnLateAlerts(desk);
};

/** An alert that raced with the end is not lost: it opens an incident that continues this one. */
const handOnLateAlerts = async (desk: Desk): Promise<void> => {
  const { id, service, severity, drill, speed, status } = desk.state;
  for (let count = 1; desk.late.length > 0 && status !== 'cancelled'; count += 1) {
    const alerts = desk.late.splice(0);
    const [first] = alerts;
    const source = first?.source ?? 'monitor';
    await startChild<typeof incident>('incident', {
      workflowId: `${id}/continued${count === 1 ? '' : `-${count}`}`,
      taskQueue,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Continues ${id}: ${first?.title ?? 'a late alert'}`,
      args: [
        {
          title: first?.title ?? `Continues ${id}`,
          declaredBy: { kind: 'monitor', id: source, name: source },
          service,
          severity,
          drill,
          speed,
          alerts,
          continues: id,
        },
      ],
    });
  }
};

/** Whoever led it sees that it is done, or finds somebody. */
const ownerOf = ({ roles, acknowledged, declaredBy }: Desk['state']): string =>
  roles.commander?.person ?? acknowledged?.by ?? declaredBy.id;

const startFollowUp = async (desk: Desk): Promise<void> => {
  const { state, rules } = desk;
  const { review, watchAfterwards } = severityPolicy(state, rules);
  try {
    await startChild<typeof followUp>('followUp', {
      workflowId: followUpWorkflowId(state.id),
      taskQueue,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Follow-up of ${state.id}: review, postmortem, action items`,
      args: [
        {
          incident: desk.context,
          view: desk.view,
          resolvedAt: new Date(state.resolvedAt ?? Date.now()).toISOString(),
          people: [
            ...new Set([
              ...Object.values(state.roles).map((holder) => holder.person),
              ...state.pages.map((page) => page.person),
            ]),
          ],
          review,
          tasks: state.tasks.map((text) => ({ text, owner: ownerOf(state) })),
          watchAfterwardsMs: watchAfterwards,
          archiveAfterMs: rules.policy.room.archiveAfter,
        },
      ],
    });
    desk.take({ kind: 'followUpStarted' });
  } catch (error) {
    desk.take({ kind: 'deliveryFailed', what: 'The follow-up', because: reasonOf(error) });
  }
};
