/**
 * The change of a shift, as its workflow knows it. Pure: the next state and what falls due.
 *
 * Before the change the leaving person is asked for a note. From the change on the schedule names the arriving person, but
 * whoever left still owns the shift until the arriving one accepts: reminded once, then their leads hear of it. Where
 * nobody takes over, the leads hear at once. Somebody who never accepts owns nothing: whoever had it before still does.
 */
import type { Actor } from '../../schema/incident.ts';
import type { HandOverFigures } from '../../schema/organisation.ts';
import type { Named, ShiftChange, ShiftNote, ShiftView } from '../../schema/shift.ts';
import { spanInWords } from '../duration.ts';
import type { Due } from '../incident/deadlines.ts';
import type { ShiftLook } from './shift-look.ts';

/** One serialisable object, carried from history to history. */
export interface ShiftState {
  schedule: string;
  look: ShiftLook;
  /** The hand-over whose leaving person was asked for a note, see `noteKey`. */
  noteAsked: string | null;
  /** Left for the change to come. */
  notes: ShiftNote[];
  last: LastChange | null;
}
export interface LastChange extends ShiftChange {
  /** Who owns the shift until the arriving person accepts; null: nobody does. */
  owner: Named | null;
  notes: ShiftNote[];
  reminded: boolean;
  escalated: boolean;
  acceptedAt: string | null;
  acceptedBy: Actor | null;
}

/** How often the schedule is looked at although nothing is due: overrides whose news was lost count from then on. */
const lookEveryMs = 3_600_000;

export const firstShiftState = (schedule: string, look: ShiftLook): ShiftState => ({
  schedule,
  look,
  noteAsked: null,
  notes: [],
  last: null,
});

/** What a fresh look says; `changed` when somebody else is on shift now. */
export const withLook = (before: ShiftState, look: ShiftLook): { state: ShiftState; changed: boolean } => {
  if (look.changedAt === null) return { state: { ...before, look }, changed: false };
  return { state: changeShift(before, { at: look.changedAt, to: look.holder }, look), changed: true };
};

/** Without a fresh look the change comes as it was announced: people are told rather than not. */
export const asAnnounced = (before: ShiftState, now: string): { state: ShiftState; changed: boolean } => {
  const { next } = before.look;
  if (!next || Date.parse(next.at) > Date.parse(now)) return { state: before, changed: false };
  const look = { ...before.look, at: now, holder: next.to, next: null };
  return { state: changeShift(before, next, look), changed: true };
};

const changeShift = (before: ShiftState, { at, to }: { at: string; to: Named | null }, look: ShiftLook): ShiftState => {
  const from = before.look.holder;
  const owner = ownerOf(before);
  // It came back to whoever owned it all along: there is nothing to accept.
  const cameBack = owner !== null && owner.id === to?.id;
  return {
    ...before,
    look,
    notes: [],
    last: {
      at,
      from,
      to,
      owner,
      notes: before.notes,
      reminded: false,
      escalated: false,
      acceptedAt: cameBack ? at : null,
      acceptedBy: null,
    },
  };
};

/** The one on shift once they accepted, or nobody owned it before; else the owner before them. */
const ownerOf = ({ look, last }: ShiftState): Named | null =>
  last && last.acceptedAt === null && last.owner ? last.owner : look.holder;

/** Names one hand-over and who is asked for its note. */
export const noteKey = ({ at, from }: ShiftChange): string => `${at}/${from?.id ?? 'nobody'}`;

/** Everything that will happen by itself, soonest first. */
export const shiftDues = ({ schedule, look, last, noteAsked }: ShiftState): Due[] => {
  const { next, figures } = look;
  const dues: Due[] = [
    {
      name: 'look',
      at: Date.parse(look.at) + lookEveryMs,
      action: `look at the schedule ${schedule} again`,
      who: 'Muster',
      why: 'overrides may have changed it',
    },
  ];
  if (next) {
    const arriving = next.to?.name ?? 'nobody';
    const at = Date.parse(next.at);
    const handsOver = `${next.from?.name ?? 'nobody'} hands over to ${arriving}`;
    dues.push({ name: 'change', at, action: `${handsOver}: ask for acceptance`, who: arriving, why: schedule });
    if (next.from && noteAsked !== noteKey(next)) {
      dues.push({
        name: 'note',
        at: at - figures.noteBefore,
        action: `ask ${next.from.name} for a note`,
        who: next.from.name,
        why: `${handsOver}; the note is asked for ${spanInWords(figures.noteBefore)} before`,
      });
    }
  }
  if (last && last.acceptedAt === null) dues.push(...acceptanceDues(last, figures));
  return dues.sort((one, other) => one.at - other.at);
};

const acceptanceDues = ({ at, to, reminded, escalated }: LastChange, figures: HandOverFigures): Due[] => {
  const since = Date.parse(at);
  const dues: Due[] = [];
  if (to && !reminded) {
    dues.push({
      name: 'remind',
      at: since + figures.remindAfter,
      action: `remind ${to.name} to accept the shift`,
      who: to.name,
      why: `not accepted within ${spanInWords(figures.remindAfter)}`,
    });
  }
  if (!escalated) {
    dues.push({
      name: 'escalate',
      at: to ? since + figures.escalateAfter : since,
      action: to ? `say that ${to.name} has not accepted the shift` : 'say that nobody takes the shift over',
      who: figures.escalateTo,
      why: to ? `not accepted within ${spanInWords(figures.escalateAfter)}` : 'nobody is on the schedule',
    });
  }
  return dues;
};

/** The same person's same words count once: a command may arrive twice. `late`: for the one who has arrived already. */
export const withNote = (state: ShiftState, note: ShiftNote): { state: ShiftState; news: 'none' | 'kept' | 'late' } => {
  const { last, notes } = state;
  const known = [...notes, ...(last?.notes ?? [])];
  if (known.some(({ by, text }) => by.id === note.by.id && text === note.text)) return { state, news: 'none' };
  if (last && comesLate(state, last, note)) {
    return { state: { ...state, last: { ...last, notes: [...last.notes, note] } }, news: 'late' };
  }
  return { state: { ...state, notes: [...notes, note] }, news: 'kept' };
};

/** Of somebody else than the one on shift: until the shift is accepted, or from one who left while no new note is asked for. */
const comesLate = ({ look, noteAsked }: ShiftState, last: LastChange, { by }: ShiftNote): boolean => {
  if (last.to === null || by.id === last.to.id) return false;
  const asked = look.next !== null && noteAsked === noteKey(look.next);
  return last.acceptedAt === null || (!asked && [last.owner, last.from].some((person) => person?.id === by.id));
};

type Refusal = { code: 'conflict' | 'notPermitted'; message: string } | null;

/** Why somebody may not leave a note; null: they may. */
export const refusalToNote = ({ schedule, look, last }: ShiftState, by: Actor, onBehalf: boolean): Refusal => {
  const known = [...look.people, look.holder?.id, last?.owner?.id];
  if (onBehalf || known.includes(by.id)) return null;
  return {
    code: 'notPermitted',
    message: `notes for the shift ${schedule} come from its people and its teams, or from a commander`,
  };
};

/** Why somebody may not accept; null: they may, also a second time. */
export const refusalToAcceptShift = ({ schedule, last }: ShiftState, by: Actor, onBehalf: boolean): Refusal => {
  if (!last?.to) {
    return { code: 'conflict', message: `the shift ${schedule} waits for nobody's acceptance; see who is next on it` };
  }
  if (by.id === last.to.id || onBehalf) return null;
  return {
    code: 'notPermitted',
    message: `the shift ${schedule} passed to ${last.to.name}; they accept it, or a commander for them`,
  };
};

export const viewOfShift = (state: ShiftState): ShiftView => {
  const { schedule, look, last, notes, noteAsked } = state;
  const { next } = look;
  return {
    schedule,
    owner: ownerOf(state),
    last: last && {
      at: last.at,
      from: last.from,
      to: last.to,
      notes: last.notes,
      acceptedAt: last.acceptedAt,
      acceptedBy: last.acceptedBy,
    },
    next: next && { ...next, notes, noteAsked: noteAsked === noteKey(next) },
  };
};
