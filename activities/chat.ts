import { holdersOf } from '../src/domain/on-call/on-call.ts';
import type { Room } from '../src/schema/incident.ts';
import { attempt } from './attempt.ts';
import { type Dependencies, incidentPage } from './dependencies.ts';
import { inWords, isFinal } from './failure.ts';
import type { Activities, IncidentContext, RoomRequest, Telling } from './index.ts';
import { carryOut } from './ledger.ts';
import { conferenceOf, wordsOf } from './words.ts';

/** Smaller parts of a room are worth this many attempts; then the room is used without them. */
const attemptsOfParts = 3;
const dutyPrefix = 'duty:';

type ChatTelling = Extract<Telling, { kind: 'chat' }>;
type InviteTelling = Extract<Telling, { kind: 'invite' }>;

export interface ChatVerbs extends Pick<Activities, 'openRoom' | 'archiveRoom'> {
  /** Posts one message; a message that is there already is not posted again. */
  say(telling: ChatTelling): Promise<void>;
  invite(telling: InviteTelling): Promise<void>;
}

/**
 * The room of an incident and the messages in it. Each part of the room (channel, topic, invitations) is a step of its own
 * in the ledger; a part that cannot be had is listed in `missing` and never keeps the room from being used.
 */
export const createChat = (dependencies: Dependencies): ChatVerbs => {
  const { store, organisation, connect, webUrl, log } = dependencies;

  const makeRoom = async ({ incident, key, name }: RoomRequest): Promise<Omit<Room, 'missing'>> => {
    const { reference } = await carryOut(
      store.effects,
      { key: `${key}/channel`, incidentId: incident.incidentId, kind: 'room' },
      async () =>
        JSON.stringify(
          await connect(incident.drill).chat.openRoom({
            name: name.replace(/^#/, ''),
            // The date keeps rooms apart when a new installation counts its incidents from one again.
            marker: `${incident.incidentId}@${incident.declaredAt}`,
            suffix: incident.incidentId.toLowerCase(),
            declaredAt: incident.declaredAt,
          }),
        ),
    );
    return JSON.parse(reference ?? 'null');
  };

  /** Null: done. Otherwise what is missing; throws while another attempt may still bring it. */
  const part = async (
    name: string,
    incident: IncidentContext,
    make: () => Promise<unknown>,
  ): Promise<string | null> => {
    try {
      await make();
      return null;
    } catch (error) {
      if (!isFinal(error) && attempt() < attemptsOfParts) throw error;
      log.warn({ incident: incident.incidentId, part: name }, inWords(error));
      return name;
    }
  };

  const peopleOf = async (request: RoomRequest): Promise<string[]> => {
    const team = request.incident.team ?? undefined;
    const overrides = await store.overrides.inForce(request.at);
    const named = request.people.flatMap((who) =>
      who.startsWith(dutyPrefix)
        ? holdersOf(organisation, who.slice(dutyPrefix.length), { at: request.at, team, overrides })
        : [who],
    );
    return [...new Set(named)];
  };

  const bring = async (drill: boolean, room: string, people: string[]): Promise<string[]> => {
    const users = new Map(people.map((id) => [organisation.people[id]?.chat ?? '', id]));
    const unknown = people.filter((id) => !organisation.people[id]?.chat);
    users.delete('');
    if (users.size === 0) return unknown;
    const { missing } = await connect(drill).chat.invite(room, [...users.keys()]);
    return [...unknown, ...missing.map((user) => users.get(user) ?? user)];
  };

  return {
    openRoom: async (request) => {
      const { incident, key } = request;
      const effect = <Kind extends 'room-topic' | 'room-invite'>(kind: Kind) => ({
        key: `${key}/${kind}`,
        incidentId: incident.incidentId,
        kind,
      });
      const room = await makeRoom(request);
      const [topic, invitations] = await Promise.all([
        part('topic', incident, () =>
          carryOut(store.effects, effect('room-topic'), async () => {
            await connect(incident.drill).chat.setTopic(
              room.id,
              [request.topic, conferenceOf(dependencies, incident), incidentPage(webUrl, incident.incidentId)]
                .filter((part) => part !== null)
                .join(' · '),
            );
            return null;
          }),
        ),
        inviteAll(request, room.id, effect('room-invite')),
      ]);
      return { ...room, missing: [...(topic ? [topic] : []), ...invitations] };
    },
    archiveRoom: async ({ incident, key, room }) => {
      await carryOut(store.effects, { key, incidentId: incident.incidentId, kind: 'room-archive' }, async () => {
        await connect(incident.drill).chat.archive(room);
        return null;
      });
    },
    say: async (telling) => {
      const { incident, key, room } = telling;
      const text = wordsOf(dependencies, telling);
      await carryOut(store.effects, { key, incidentId: incident.incidentId, kind: 'chat' }, async (lookFirst) => {
        const { id } = await connect(incident.drill).chat.post({ room, key, text, lookFirst });
        return id;
      });
    },
    invite: async ({ incident, room, people }) => {
      const missing = await bring(incident.drill, room, people);
      if (missing.length > 0) log.warn({ incident: incident.incidentId, missing }, 'could not be invited to the room');
    },
  };

  async function inviteAll(
    request: RoomRequest,
    room: string,
    effect: { key: string; incidentId: string; kind: 'room-invite' },
  ): Promise<string[]> {
    let uninvited: string[] = [];
    const failed = await part('invite', request.incident, async () => {
      const { reference } = await carryOut(store.effects, effect, async () =>
        JSON.stringify(await bring(request.incident.drill, room, await peopleOf(request))),
      );
      uninvited = JSON.parse(reference ?? '[]');
    });
    return failed ? [failed] : uninvited.map((person) => `invite: ${person}`);
  }
};
