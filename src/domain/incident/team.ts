import { instant } from '../duration.ts';
import { roleTitles } from './deadlines.ts';
import type { Tellings } from './fact.ts';
import { handOverRole, offerRole, withdrawOffer } from './role-hand-over.ts';
import { muster } from './story.ts';

/** Who does what in the incident, where they meet, and what they note down. */
export const team = {
  roleTaken(story, fact) {
    const { state } = story;
    withdrawOffer(state, fact.role);
    state.roles = { ...state.roles, [fact.role]: { person: fact.person, name: fact.name, since: instant(fact.at) } };
    story.write(
      'roleTaken',
      fact.by,
      `${fact.name} is ${roleTitles[fact.role]} now${fact.by.id === fact.person ? '' : ` (set by ${fact.by.name})`}.`,
    );
  },
  roleOffered(story, fact) {
    offerRole(story, fact);
  },
  roleHandedOver(story, fact) {
    handOverRole(story, fact);
  },
  rolesAsked(story, fact) {
    const { state } = story;
    state.rolesAsked = true;
    const wanted = fact.missing.map((role) => roleTitles[role]).join(', ');
    story.write('roleMissing', muster, `Still without ${wanted}.`, { why: fact.why });
    story.announce('room', 'plain', {
      text: `This incident still needs: ${wanted}. Take a role on the incident's page.`,
    });
  },
  roomOpened(story, fact) {
    const { state } = story;
    state.room = fact.room;
    story.write('roomOpened', muster, `Opened the room #${fact.room.name}.`);
    if (fact.room.missing.length > 0)
      story.write('roomIncomplete', muster, `The room lacks: ${fact.room.missing.join(', ')}.`);
  },
  roomFailed(story, fact) {
    const { state, rules } = story;
    state.roomFailed = true;
    story.write(
      'deliveryFailed',
      muster,
      `The room could not be opened (${fact.because}); messages go to ${rules.policy.room.notifyChannel}.`,
    );
  },
  noted(story, fact) {
    story.write('note', fact.by, fact.text);
  },
  deliveryFailed(story, fact) {
    story.write('deliveryFailed', muster, `${fact.what} was not delivered: ${fact.because}.`);
  },
} satisfies Partial<Tellings>;
