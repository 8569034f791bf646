import { Conflict, NotFound, Unavailable } from '../src/domain/errors.ts';
import { acceptsAlerts } from '../src/domain/incident/correlation.ts';
import { muster } from '../src/domain/incident/story.ts';
import { holdersOf } from '../src/domain/on-call/on-call.ts';
import { type LookedBefore, lookAtShift, type ShiftLook } from '../src/domain/on-call/shift-look.ts';
import { answersFor, teamsOfShift } from '../src/domain/on-call/shift-teams.ts';
import { render } from '../src/domain/telling/render.ts';
import { type Actor, type IncidentView, incidentStatuses, type RoleName } from '../src/schema/incident.ts';
import type { Named, ShiftChange, ShiftNote } from '../src/schema/shift.ts';
import { attempt } from './attempt.ts';
import type { Dependencies } from './dependencies.ts';
import { inWords, isFinal, translated } from './failure.ts';
import { carryOut } from './ledger.ts';
import { sendMail } from './mail.ts';
import { shiftWords } from './shift-words.ts';

export interface ShiftMessage {
  /**
   * Who reads it: `noteWanted` the leaving person; `acceptanceWanted`, `reminder` and `lateNote` the arriving one;
   * `notAccepted` and `nobodyTakesOver` the owner and their leads; `accepted` the owner and whoever left.
   */
  kind: 'noteWanted' | 'acceptanceWanted' | 'reminder' | 'notAccepted' | 'nobodyTakesOver' | 'lateNote' | 'accepted';
  /** `shift/<schedule>/<change>/<step>`; people are added to it. */
  key: string;
  schedule: string;
  at: string;
  change: ShiftChange;
  /** Who owns the shift until it is accepted. */
  owner: Named | null;
  notes: ShiftNote[];
}

export interface ShiftRoles {
  key: string;
  schedule: string;
  /** Ids of those whose roles pass on. */
  from: string[];
  to: Named;
}

/** Task queue `muster`: what the workflow of a shift asks for. */
export interface ShiftActivities {
  /** Null: the organisation has no such schedule any more. */
  lookAtSchedule(request: { schedule: string; at: string; before: LookedBefore | null }): Promise<ShiftLook | null>;
  /** To each person by chat, else by mail, else in the standing channel; each once. */
  tellShift(message: ShiftMessage): Promise<void>;
  /** Offers the arriving person the command of every open live incident that one of those before commands. */
  offerCommand(request: ShiftRoles): Promise<void>;
  /** Hands the command of those incidents over, also of those that were not offered yet. */
  passCommand(request: ShiftRoles & { by: Actor }): Promise<void>;
}

/** The way to the workflows of incidents. Throws NotFound or Conflict where an incident is over. */
export interface RoleDesk {
  offer(
    workflowId: string,
    offer: { by: Actor; role: RoleName; person: string; name: string; why: string },
    updateId: string,
  ): Promise<unknown>;
  accept(
    workflowId: string,
    acceptance: { by: Actor; role: RoleName; person: string; onBehalf: true },
    updateId: string,
  ): Promise<unknown>;
}

const openStatuses = incidentStatuses.filter(acceptsAlerts);
const readAtOnceMax = 1_000;
/** A list of incidents is worth this many attempts; then people are told without it. */
const attemptsOfList = 3;

export const createShiftActivities = (dependencies: Dependencies, desk: RoleDesk): ShiftActivities => {
  const { store, organisation, packs, packDefault, connect, webUrl, log } = dependencies;

  const teamOf = ({ team, service }: IncidentView): string | null =>
    team ?? (service === null ? null : (organisation.services[service]?.team ?? null));

  const openIncidents = async (schedule: string): Promise<IncidentView[]> => {
    const { items } = await store.incidents.incidents({ status: openStatuses, limit: readAtOnceMax });
    const teams = teamsOfShift(organisation, schedule);
    return items.filter((incident) => !incident.drill && answersFor(teams, teamOf(incident)));
  };

  const openOrUnknown = (schedule: string): Promise<IncidentView[] | null> =>
    openIncidents(schedule).catch((error: unknown) => {
      if (!(error instanceof Unavailable) || attempt() < attemptsOfList) throw error;
      return null;
    });

  /** Of every team of the schedule; where nobody leads, the fallback group. */
  const leadsOf = async (schedule: string, at: string): Promise<string[]> => {
    const overrides = await store.overrides.inForce(at);
    const { teams, unowned } = teamsOfShift(organisation, schedule);
    const leads = [...teams, ...(unowned ? [undefined] : [])].flatMap((team) =>
      holdersOf(organisation, organisation.handOver.escalateTo, { at, team, overrides }),
    );
    return leads.length > 0 ? leads : organisation.fallback;
  };

  const readersOf = async ({ kind, schedule, at, change, owner }: ShiftMessage): Promise<string[]> => {
    switch (kind) {
      case 'noteWanted':
        return idsOf(change.from);
      case 'acceptanceWanted':
      case 'reminder':
      case 'lateNote':
        return idsOf(change.to);
      case 'accepted':
        return idsOf(owner, change.from);
      case 'notAccepted':
      case 'nobodyTakesOver':
        return [...idsOf(owner), ...(await leadsOf(schedule, at))];
    }
  };

  const tellPerson = async (message: ShiftMessage, id: string, open: IncidentView[] | null): Promise<void> => {
    const { subject, text } = shiftWords(message, id, open);
    const key = `${message.key}/${id}`;
    const words = `${subject}. ${text}\n${webUrl}`;
    const person = organisation.people[id];
    const ways = [
      ...(person?.chat === undefined ? [] : [() => byChat(message, key, { user: person.chat ?? '' }, words)]),
      ...(person ? [() => byMail(message, key, { to: person.email, subject, text: `${text}\n${webUrl}\n` })] : []),
      () => byChat(message, `${key}/channel`, { room: standingChannel() }, `For ${person?.name ?? id}: ${words}`),
    ];
    for (const [index, way] of ways.entries()) {
      try {
        return await way();
      } catch (error) {
        if (!isFinal(error) || index === ways.length - 1) throw error;
        log.warn({ shift: message.schedule, person: id }, `told another way: ${inWords(error)}`);
      }
    }
  };

  const byChat = async (
    { schedule }: ShiftMessage,
    key: string,
    to: { user: string } | { room: string },
    words: string,
  ): Promise<void> => {
    const text = render('{{ text }}', { text: words }, 'chat');
    const { chat } = connect(false);
    await carryOut(store.effects, { key, incidentId: `shift/${schedule}`, kind: 'reminder' }, async (lookFirst) => {
      const message = { key, text, lookFirst };
      const { id } = 'user' in to ? await chat.tell({ ...message, ...to }) : await chat.post({ ...message, ...to });
      return id;
    });
  };

  const byMail = (
    { schedule }: ShiftMessage,
    key: string,
    letter: { to: string; subject: string; text: string },
  ): Promise<void> =>
    sendMail(dependencies, {
      incident: { incidentId: `shift/${schedule}`, drill: false },
      // A chat that refused holds the plain key.
      key: `${key}/mail`,
      kind: 'reminder',
      ...letter,
    });

  const standingChannel = (): string =>
    `#${(packs.get(packDefault ?? '')?.room.notifyChannel ?? 'incidents').replace(/^#/, '')}`;

  /** What somebody was asked for by a person is theirs to answer. */
  const commandedBefore = async ({ schedule, from, to }: ShiftRoles): Promise<IncidentView[]> =>
    (await openIncidents(schedule)).filter(({ roles, offers }) => {
      const offer = offers?.commander;
      const elsewhere = offer !== undefined && offer.by.kind === 'person' && offer.person !== to.id;
      return roles.commander !== undefined && from.includes(roles.commander.person) && !elsewhere;
    });

  const offer = ({ key, schedule, to }: ShiftRoles, { id, workflowId }: IncidentView): Promise<unknown> =>
    desk.offer(
      workflowId,
      { by: muster, role: 'commander', person: to.id, name: to.name, why: `the shift ${schedule} changed hands` },
      `${key}/offer/${id}`,
    );

  return translated<ShiftActivities>({
    lookAtSchedule: async ({ schedule, at, before }) => {
      const from = before && before.at < at ? before.at : at;
      const overrides = await store.overrides.list({ from, until: null });
      return lookAtShift(organisation, schedule, { at, before }, overrides);
    },

    tellShift: async (message) => {
      const readers = [...new Set(await readersOf(message))];
      const open = await openOrUnknown(message.schedule);
      const tries = await Promise.allSettled(readers.map((id) => tellPerson(message, id, open)));
      for (const one of tries) if (one.status === 'rejected') throw one.reason;
      log.info({ shift: message.schedule, kind: message.kind, readers }, 'told about a change of shift');
    },

    offerCommand: async (request) => {
      const incidents = await commandedBefore(request);
      await forEach(incidents, (incident) => offer(request, incident));
    },

    passCommand: async ({ by, ...request }) => {
      const { key, to } = request;
      await forEach(await commandedBefore(request), async (incident) => {
        const acceptance = { by, role: 'commander' as const, person: to.id, onBehalf: true as const };
        await offer(request, incident);
        await desk.accept(incident.workflowId, acceptance, `${key}/accept/${incident.id}`);
      });
    },
  });
};

const idsOf = (...people: (Named | null)[]): string[] => people.flatMap((person) => (person ? [person.id] : []));

/** All at once; an incident that is over needs no commander, and one that cannot be reached keeps no other from theirs. */
const forEach = async (incidents: IncidentView[], act: (incident: IncidentView) => Promise<unknown>): Promise<void> => {
  const tries = await Promise.allSettled(incidents.map(act));
  for (const one of tries) {
    if (one.status === 'fulfilled' || one.reason instanceof NotFound || one.reason instanceof Conflict) continue;
    throw one.reason;
  }
};
