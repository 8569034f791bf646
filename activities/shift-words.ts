/** What people read around a change of shift. Plain text; whoever sends it writes it for chat or mail. */
import type { IncidentView } from '../src/schema/incident.ts';
import type { ShiftNote } from '../src/schema/shift.ts';
import type { ShiftMessage } from './shift.ts';

export interface ShiftWords {
  subject: string;
  text: string;
}

/** What one person is told; `open` null: the open incidents cannot be read now. */
export const shiftWords = (message: ShiftMessage, to: string, open: readonly IncidentView[] | null): ShiftWords => {
  const { schedule, change, owner } = message;
  const arriving = change.to?.name ?? 'nobody';
  const since = clock(change.at);
  const still = owner ? ` Until then ${owner.name} still owns it.` : '';
  const accept = `Please accept it with: muster shift accept.${still}`;
  switch (message.kind) {
    case 'noteWanted':
      return {
        subject: `Your shift ${schedule} ends at ${since}`,
        text: lines(
          `${change.to ? `${arriving} takes over.` : 'Nobody takes over: you keep it until somebody does.'} Please leave a note with: muster shift note "..."`,
          listOf(open, 'Open incidents:', () => true),
        ),
      };
    case 'acceptanceWanted':
      return {
        subject: `The shift ${schedule} is yours since ${since}`,
        text: lines(accept, ...notesIn(message.notes), ...incidentsIn(message, open)),
      };
    case 'reminder':
      return {
        subject: `The shift ${schedule} still waits for you, since ${since}`,
        text: lines(accept, ...incidentsIn(message, open)),
      };
    case 'notAccepted':
      return to === owner?.id
        ? {
            subject: `You still own the shift ${schedule}`,
            text: lines(`${arriving} has not accepted it since ${since}. Please reach them, or keep it.`),
          }
        : {
            subject: `${arriving} has not accepted the shift ${schedule}`,
            text: lines(
              `It passed to them at ${since}. ${owner ? `${owner.name} still owns it.` : 'Nobody owns it.'} Please see to it that somebody does.`,
              listOf(open, 'Open incidents:', () => true),
            ),
          };
    case 'nobodyTakesOver':
      return {
        subject: `Nobody takes over the shift ${schedule}`,
        text: lines(
          to === owner?.id
            ? `It ended at ${since} and nobody is next: you still own it until somebody takes over.`
            : `It ended at ${since} and nobody is next. ${owner ? `${owner.name} still owns it. ` : ''}Please fill it: muster override add ${schedule} <person>`,
        ),
      };
    case 'lateNote':
      return { subject: `A note for your shift ${schedule}`, text: lines(...notesIn(message.notes)) };
    case 'accepted':
      return { subject: `${arriving} accepted the shift ${schedule}`, text: 'You have handed it over.' };
  }
};

const incidentsIn = ({ owner, change: { from } }: ShiftMessage, open: readonly IncidentView[] | null): string[] => {
  if (open === null || open.length === 0) return [listOf(open, '', () => true)];
  const isTheirs = ({ roles }: IncidentView): boolean =>
    roles.commander !== undefined && [owner?.id, from?.id].includes(roles.commander.person);
  return [
    listOf(open, 'With the shift you take over as commander of:', isTheirs),
    listOf(open, 'Without a commander:', ({ roles }) => !roles.commander),
    listOf(open, 'Also open:', (one) => one.roles.commander !== undefined && !isTheirs(one)),
  ].filter((list) => list !== '');
};

const listOf = (
  open: readonly IncidentView[] | null,
  title: string,
  belongs: (incident: IncidentView) => boolean,
): string => {
  if (open === null) return 'The open incidents cannot be read now; please look at the board.';
  if (open.length === 0) return 'No incident is open.';
  const chosen = open.filter(belongs);
  return chosen.length === 0 ? '' : [title, ...chosen.map((incident) => `- ${lineOf(incident)}`)].join('\n');
};

const lineOf = ({ id, severity, title, status, roles }: IncidentView): string =>
  `${id} ${severity} ${title.replace(/\s+/g, ' ')} (${status}, ${roles.commander ? `commander ${roles.commander.name}` : 'no commander'})`;

const notesIn = (notes: readonly ShiftNote[]): string[] =>
  notes.length === 0 ? ['No note was left.'] : notes.map(({ by, text }) => `Note of ${by.name}: ${text}`);

const lines = (...given: string[]): string => given.filter((line) => line !== '').join('\n');
const clock = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
