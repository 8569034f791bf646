import { calendarOf, reviewSlot, windowEnd } from '../src/domain/on-call/business-time.ts';
import { render } from '../src/domain/telling/render.ts';
import { type Dependencies, incidentPage, mailFromPreset } from './dependencies.ts';
import { inWords, isFinal } from './failure.ts';
import type { Activities, IncidentContext, ReviewRequest } from './index.ts';
import { invitationTo } from './invitation.ts';
import { carryOut } from './ledger.ts';
import { sendMail } from './mail.ts';

/**
 * The review's date, its facilitator and its invitations; and reminders to one person. Dates follow from the resolution
 * and the business calendar alone, so every attempt books the same meeting under the same UID.
 */
export const createReview = (dependencies: Dependencies): Pick<Activities, 'bookReview' | 'remind'> => {
  const { store, organisation, packs, connect, webUrl, log } = dependencies;
  const organiser = dependencies.mailFrom ?? mailFromPreset;

  const invite = async (request: ReviewRequest, person: string, content: { text: string; calendar: string }) => {
    const { incident, key } = request;
    const invited = organisation.people[person];
    if (!invited) return;
    try {
      await sendMail(dependencies, {
        incident,
        key: `${key}/invitation/${person}`,
        kind: 'mail',
        to: invited.email,
        subject: `Review of ${incident.incidentId}: ${incident.title}`,
        text: content.text,
        invitation: content.calendar,
      });
    } catch (error) {
      if (!isFinal(error)) throw error;
      log.warn({ incident: incident.incidentId, person }, `the invitation goes by chat: ${inWords(error)}`);
      await tellByChat(incident, `${key}/invitation/${person}`, person, content.text);
    }
  };

  const tellByChat = async (incident: IncidentContext, key: string, person: string, text: string): Promise<void> => {
    const user = organisation.people[person]?.chat;
    const chat = connect(incident.drill).chat;
    const effect = { key: `${key}/chat`, incidentId: incident.incidentId, kind: 'reminder' as const };
    const words = render('{{ text }}', { text }, 'chat');
    await carryOut(store.effects, effect, async (lookFirst) => {
      const message = user
        ? await chat.tell({ user, key: effect.key, text: words, lookFirst })
        : await chat.post({ room: standingChannel(incident), key: effect.key, text: words, lookFirst });
      return message.id;
    });
  };

  const standingChannel = (incident: IncidentContext): string =>
    `#${(packs.get(incident.pack)?.room.notifyChannel ?? 'incidents').replace(/^#/, '')}`;

  return {
    bookReview: async (request) => {
      const { incident, key, resolvedAt, window, notBefore, preferred, documentWindow, lengthMinutes } = request;
      const calendar = calendarOf(organisation);
      const slot = reviewSlot({ from: resolvedAt, window, lengthMinutes, notBefore, preferred }, calendar);
      const documentDueAt = windowEnd(documentWindow, resolvedAt, calendar);
      const facilitator = facilitatorOf(dependencies, request);
      const attendees = request.attendees.filter((person) => organisation.people[person]);
      const invited = [...new Set([...attendees, ...(facilitator ? [facilitator] : [])])];
      const nameOf = (person: string): string => organisation.people[person]?.name ?? person;
      const url = incidentPage(webUrl, incident.incidentId);
      const text = inviteText(dependencies, incident, {
        facilitator: facilitator ? nameOf(facilitator) : null,
        attendees: attendees.map(nameOf),
        reviewAt: slot.startAt,
        documentDueAt,
        url,
      });
      const content = {
        text,
        calendar: invitationTo({
          uid: `${incident.incidentId}/${incident.declaredAt}/review@muster`,
          sequence: 0,
          startAt: slot.startAt,
          endAt: slot.endAt,
          stampedAt: resolvedAt,
          summary: `Review of ${incident.incidentId}: ${incident.title}`,
          description: text,
          url,
          organiser: { name: 'Muster', address: organiser },
          attendees: invited.map((person) => ({
            name: nameOf(person),
            address: organisation.people[person]?.email ?? '',
          })),
        }),
      };
      await Promise.all(invited.map((person) => invite(request, person, content)));
      log.info({ incident: incident.incidentId, key, reviewAt: slot.startAt }, 'review booked');
      return {
        reviewAt: slot.startAt,
        documentDueAt,
        facilitator: facilitator ? nameOf(facilitator) : null,
        attendees: attendees.map(nameOf),
      };
    },
    remind: async ({ incident, key, person: who, subject, text }) => {
      const person = personCalled(dependencies, who);
      const words = `${subject}\n${text}\n${incidentPage(webUrl, incident.incidentId)}`;
      try {
        await tellByChat(incident, key, person ?? '', person ? words : `For ${who}: ${words}`);
      } catch (error) {
        const to = person ? organisation.people[person]?.email : undefined;
        if (!isFinal(error) || !to) throw error;
        await sendMail(dependencies, { incident, key, kind: 'reminder', to, subject, text: words });
      }
    },
  };
};

/**
 * Somebody who was not part of the incident and may lead one; they take turns by the incident's number, so that the same
 * incident always gets the same facilitator. Null when everybody was part of it.
 */
const facilitatorOf = ({ organisation }: Dependencies, request: ReviewRequest): string | null => {
  const free = Object.entries(organisation.people)
    .filter(([id, person]) => !request.attendees.includes(id) && person.roles.includes('commander'))
    .map(([id]) => id)
    .sort();
  const number = Number(/(\d+)$/.exec(request.incident.incidentId)?.[1] ?? 0);
  return free[number % Math.max(1, free.length)] ?? null;
};

/** Person id by id, name or address; null for somebody the organisation does not know. */
const personCalled = ({ organisation }: Dependencies, who: string): string | null => {
  const wanted = who.trim().toLowerCase();
  const found = Object.entries(organisation.people).find(([id, { name, email }]) =>
    [id, name, email].some((each) => each.toLowerCase() === wanted),
  );
  return found?.[0] ?? null;
};

const inviteText = (
  { packs, log }: Dependencies,
  incident: IncidentContext,
  facts: { facilitator: string | null; attendees: string[]; reviewAt: string; documentDueAt: string; url: string },
): string => {
  const all = {
    ...facts,
    id: incident.incidentId,
    title: incident.title,
    severity: incident.severity,
    drill: incident.drill,
  };
  const bare = 'Review of {{ id }}: {{ title }}\n{{ reviewAt }}\n{{ url }}';
  try {
    return render(packs.get(incident.pack)?.messages.reviewInvite ?? bare, all, 'mail');
  } catch (error) {
    log.error({ incident: incident.incidentId }, inWords(error));
    return render(bare, all, 'mail');
  }
};
