import { describe, expect, test } from 'vitest';
import type { RoomRequest } from '../../activities/index.ts';
import { activityWorld, anIncidentContext } from '../support/activity-world.ts';
import { vendorTrouble } from '../support/ports.ts';

const aRoom = (more: Partial<RoomRequest> = {}): RoomRequest => {
  const incident = anIncidentContext();
  return {
    incident,
    key: `${incident.incidentId}/room`,
    name: `#incident-2026-11-20-${incident.incidentId.toLowerCase()}`,
    topic: 'SEV1 Checkout fails',
    people: ['nadia', 'duty:on-call-lead'],
    at: '2026-11-20T10:00:00.000Z',
    ...more,
  };
};

describe('the room', () => {
  test('is opened with its topic and its people, once', async () => {
    const world = await activityWorld();
    const request = aRoom();
    const room = await world.run('openRoom', request);
    expect(await world.run('openRoom', request, { attempt: 2 })).toEqual(room);
    expect(room.missing).toEqual([]);
    expect(world.ports.rooms).toMatchObject([{ id: room.id, members: ['U0NADIA001', 'U0DANA0001'] }]);
    expect(world.ports.rooms[0]?.topic).toContain('SEV1 Checkout fails');
    expect(world.ports.calls).toHaveLength(3);
  });

  test('that cannot be made yet is tried again', async () => {
    const world = await activityWorld();
    world.ports.fail('chat.openRoom', vendorTrouble('slack', { status: 503 }));
    const request = aRoom();
    await expect(world.run('openRoom', request)).rejects.toMatchObject({ nonRetryable: false });
    expect((await world.run('openRoom', request, { attempt: 2 })).missing).toEqual([]);
  });

  test('whose topic fails is tried again, then used without it: what is missing is listed', async () => {
    const world = await activityWorld();
    world.ports.fail('chat.setTopic', vendorTrouble('slack', { status: 503 }), 9);
    const request = aRoom();
    await expect(world.run('openRoom', request)).rejects.toThrow();
    expect((await world.run('openRoom', request, { attempt: 3 })).missing).toEqual(['topic']);
    expect(world.ports.rooms).toHaveLength(1);
  });

  test('without permission to invite is used at once, and says so', async () => {
    const world = await activityWorld();
    world.ports.fail('chat.invite', vendorTrouble('slack', { status: 400, terminal: true, reason: 'missing_scope' }));
    expect((await world.run('openRoom', aRoom())).missing).toEqual(['invite']);
  });

  test('names the people who could not be invited', async () => {
    const world = await activityWorld();
    expect((await world.run('openRoom', aRoom({ people: ['nadia', 'stranger'] }))).missing).toEqual([
      'invite: stranger',
    ]);
  });

  test('takes people who were paged later, and is archived once', async () => {
    const world = await activityWorld();
    const request = aRoom();
    const room = await world.run('openRoom', request);
    const { incident } = request;
    await world.run('tell', [{ kind: 'invite', key: 'i', incident, room: room.id, people: ['ravi'] }]);
    await world.run('archiveRoom', { incident, key: `${request.key}/archive`, room: room.id });
    await world.run('archiveRoom', { incident, key: `${request.key}/archive`, room: room.id });
    expect(world.ports.rooms[0]).toMatchObject({ archived: true, members: expect.arrayContaining(['U0RAVI0001']) });
    expect(world.ports.calls.filter((call) => call === 'chat.archive')).toHaveLength(1);
  });
});
