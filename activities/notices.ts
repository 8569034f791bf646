import { holdersOf } from '../src/domain/on-call/on-call.ts';
import type { ChatVerbs } from './chat.ts';
import { type Dependencies, incidentPage } from './dependencies.ts';
import type { Telling } from './index.ts';
import { carryOut } from './ledger.ts';
import { sendMail } from './mail.ts';
import { wordsOf } from './words.ts';

export interface NoticeVerbs {
  /** Tells each holder of a duty over chat, or by mail where they have no chat; each person is a step of its own. */
  tellHolders(telling: Extract<Telling, { kind: 'direct' }>): Promise<void>;
  /** Opens a ticket by mail; the first line of the pack's message is its subject. */
  openTicket(telling: Extract<Telling, { kind: 'ticket' }>): Promise<void>;
}

/** Notices to people and ticket desks. Nobody's phone rings; where the addressee cannot be found the channel hears of it. */
export const createNotices = (dependencies: Dependencies, chat: ChatVerbs): NoticeVerbs => {
  const { store, organisation, connect, webUrl } = dependencies;

  const tellPerson = async (telling: Extract<Telling, { kind: 'direct' }>, id: string): Promise<void> => {
    const { incident } = telling;
    const key = `${telling.key}/${id}`;
    const person = organisation.people[id];
    const user = person?.chat;
    const link = incidentPage(webUrl, incident.incidentId);
    if (user) {
      const text = `${wordsOf(dependencies, telling)}\n${link}`;
      await carryOut(store.effects, { key, incidentId: incident.incidentId, kind: 'chat' }, async (lookFirst) => {
        const { id: message } = await connect(incident.drill).chat.tell({ user, key, text, lookFirst });
        return message;
      });
    } else if (person) {
      const text = `${wordsOf(dependencies, telling, 'mail')}\n${link}`;
      const subject = `${incident.severity} ${incident.title}`;
      await sendMail(dependencies, { incident, key, kind: 'mail', to: person.email, subject, text });
    }
  };

  return {
    tellHolders: async (telling) => {
      const { incident, duty, at } = telling;
      const overrides = await store.overrides.inForce(at);
      const holders = holdersOf(organisation, duty, { at, team: incident.team ?? undefined, overrides });
      if (holders.length === 0) {
        const text = `Nobody holds the duty ${duty} now, who was to be told of ${incident.incidentId} directly.`;
        await chat.say({ ...telling, kind: 'chat', message: 'plain', facts: { text } });
        return;
      }
      const tries = await Promise.allSettled(holders.map((id) => tellPerson(telling, id)));
      for (const one of tries) if (one.status === 'rejected') throw one.reason;
    },
    openTicket: async (telling) => {
      const { incident, key } = telling;
      const address = organisation.tickets?.address;
      if (address === undefined) return chat.say({ ...telling, kind: 'chat' });
      const [subject = '', ...lines] = wordsOf(dependencies, telling, 'mail').split('\n');
      const text = `${lines.join('\n').trim()}\n${incidentPage(webUrl, incident.incidentId)}\n`;
      await sendMail(dependencies, { incident, key, kind: 'mail', to: address, subject, text });
    },
  };
};
