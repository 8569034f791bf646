import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';
import { roomName } from '../../src/domain/incident/room-name.ts';
import { openingRoom } from '../activity-options.ts';
import type { Desk } from '../desk.ts';
import { reasonOf } from '../outbox.ts';

const activities = proxyActivities<Activities>(openingRoom);

/** Opens the war room beside everything else: no page and no update waits for it. */
export const openRoom = (desk: Desk): void => {
  if (desk.openingRoom) return;
  desk.openingRoom = true;
  desk.background(async () => {
    const { state, rules } = desk;
    const declaredAt = new Date(state.declaredAt).toISOString();
    try {
      const room = await activities.openRoom({
        incident: desk.context,
        key: `${state.id}/room`,
        name: roomName(rules.policy.room.name, { id: state.id, title: state.title, declaredAt }),
        topic: `${state.severity} ${state.title}`,
        people: [...state.pages.map((page) => page.person), 'duty:on-call'],
        at: new Date(Date.now()).toISOString(),
      });
      desk.take({ kind: 'roomOpened', room });
    } catch (error) {
      desk.take({ kind: 'roomFailed', because: reasonOf(error) });
    }
    desk.openingRoom = false;
    desk.outbox.roomIsKnown();
  });
};
