/**
 * An incident, top to bottom: declare, page, open the room, diagnose, remediate, hold, resolve, follow up.
 * Communication runs alongside, driven by the same deadlines. Commands of people arrive in phases/commands.ts.
 */
import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { IncidentInput } from '../activities/index.ts';
import { isOver } from '../src/domain/incident/state.ts';
import type { IncidentView } from '../src/schema/incident.ts';
import type { Desk } from './desk.ts';
import { admitIncident, openIncident } from './phases/admission.ts';
import { closeBooks } from './phases/closing.ts';
import { answerCommands, registerCommands } from './phases/commands.ts';
import { diagnose } from './phases/diagnosis.ts';
import { carryOutDue } from './phases/due.ts';
import { rejoinRun } from './phases/remediating.ts';
import { openRoom } from './phases/room.ts';

/** Replay costs about 1 ms per workflow task, so a long incident starts a fresh history well before Temporal asks for it. */
const historyEventsMax = 500;

export async function incident(input: IncidentInput): Promise<IncidentView> {
  // Before the first await: an update that finds no handler is refused.
  const inbox = registerCommands();
  const admitted = await admitIncident(input);
  const desk: Desk = openIncident(admitted, input.carried);
  answerCommands(inbox, desk);

  if (!input.carried) {
    desk.take({ kind: 'declared' });
    desk.wantsDiagnosis = true;
  } else rejoinRun(desk);
  while (!isOver(desk.state.status)) {
    // Paging comes first: everything else follows it.
    carryOutDue(desk);
    if (desk.wantsRoom) openRoom(desk);
    if (desk.wantsDiagnosis) diagnose(desk);
    desk.rest();
    desk.outbox.pump();
    desk.changed = false;
    if (isTimeForNewHistory(desk))
      await continueAsNew<typeof incident>({ ...admitted, ...desk.rules, carried: desk.state });
    await condition(() => desk.changed);
  }
  await closeBooks(desk);
  return desk.view;
}

/** Asked when all that is to be done now is under way, and true only when nothing is in flight: children and half-told news would be lost with the old history. */
const isTimeForNewHistory = (desk: Desk): boolean =>
  workflowInfo().historyLength > historyEventsMax &&
  !desk.busy &&
  desk.outbox.isEmpty &&
  !isOver(desk.state.status) &&
  allHandlersFinished();
