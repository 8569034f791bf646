/**
 * Handing over a role: it is offered, whoever holds it keeps it, and only the other's acceptance makes the change.
 * So a role that somebody holds is never without a holder on the way.
 */
import type { Actor, RoleName, RoleOffer } from '../../schema/incident.ts';
import { instant } from '../duration.ts';
import { roleTitles } from './deadlines.ts';
import type { IncidentState } from './state.ts';
import type { Story } from './story.ts';

export interface OfferedRole {
  by: Actor;
  role: RoleName;
  person: string;
  name: string;
  /** Why Muster offers it; null where a person does. */
  why: string | null;
}

/** Keeps the offer, in place of an earlier one, and asks the person. */
export const offerRole = (story: Story, { by, role, person, name, why }: OfferedRole): void => {
  const { state } = story;
  state.offers = { ...state.offers, [role]: { person, name, by, at: instant(story.at) } };
  const title = roleTitles[role];
  const holder = state.roles[role];
  const keeps = holder ? `; ${holder.name} keeps it until then` : '';
  story.write('roleOffered', by, `${by.name} asked ${name} to accept the role ${title}${keeps}.`, why ? { why } : {});
  if (by.kind !== 'person') return;
  story.announce('room', 'plain', { text: `${by.name} asks ${name} to take over as ${title}${keeps}.` });
  story.announce(
    'direct',
    'plain',
    {
      text: `${by.name} asks you to be ${title} of ${state.id} (${state.severity} ${state.title})${keeps}. Accept it with: muster role accept ${state.id} ${roleTitles[role].replaceAll(' ', '-')}`,
    },
    { duty: `person:${person}` },
  );
};

/** The one it was offered to holds the role from now on. */
export const handOverRole = (story: Story, { by, role }: { by: Actor; role: RoleName }): void => {
  const { state } = story;
  const offer = state.offers?.[role];
  if (!offer) return;
  const before = state.roles[role];
  state.roles = { ...state.roles, [role]: { person: offer.person, name: offer.name, since: instant(story.at) } };
  withdrawOffer(state, role);
  const from = before ? `, handed over by ${before.name}` : '';
  const accepted = by.id === offer.person ? '' : ` (accepted by ${by.name})`;
  const text = `${offer.name} is ${roleTitles[role]} now${from}${accepted}.`;
  story.write('roleTaken', by, text);
  story.announce('room', 'plain', { text });
};

/** Whoever takes a role at once takes it from everybody: an older offer of it must not undo that. */
export const withdrawOffer = (state: IncidentState, role: RoleName): void => {
  if (!state.offers?.[role]) return;
  const { [role]: _, ...others } = state.offers;
  if (Object.keys(others).length > 0) state.offers = others;
  else delete state.offers;
};

/** Why nobody may accept the role as `by`; null: they may. `onBehalf`: whoever commands accepts for others as well. */
export const refusalToAccept = (
  state: IncidentState,
  { by, role, person, onBehalf }: { by: Actor; role: RoleName; person?: string | undefined; onBehalf: boolean },
): { code: 'conflict' | 'notPermitted'; message: string } | null => {
  const offer: RoleOffer | undefined = state.offers?.[role];
  const title = roleTitles[role];
  if (!offer) {
    return { code: 'conflict', message: `the role ${title} is offered to nobody; offer it first, or take it yourself` };
  }
  if (person !== undefined && person !== offer.person) {
    return { code: 'conflict', message: `the role ${title} is offered to ${offer.name}; offer it to ${person} first` };
  }
  if (by.id !== offer.person && !onBehalf) {
    return {
      code: 'notPermitted',
      message: `the role ${title} is offered to ${offer.name}; they accept it, or a commander for them`,
    };
  }
  return null;
};
