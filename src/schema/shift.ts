/** Shifts of a schedule: who owes whom a note, and whether the next one has accepted. */
import { z } from 'zod';
import { Actor } from './incident.ts';

export const Named = z.object({ id: z.string(), name: z.string() });
export type Named = z.infer<typeof Named>;

/** `from` null: nobody held it before; `to` null: nobody holds it from then on. */
export const ShiftChange = z.object({ at: z.string(), from: Named.nullable(), to: Named.nullable() });
export type ShiftChange = z.infer<typeof ShiftChange>;

export const ShiftNote = z.object({ by: Actor, at: z.string(), text: z.string() });
export type ShiftNote = z.infer<typeof ShiftNote>;

/** What the workflow of a shift knows. */
export const ShiftView = z.object({
  schedule: z.string(),
  /** Who answers for the shift: its holder or, until they accept, whoever had it before. null: nobody ever did. */
  owner: Named.nullable(),
  /** The last change, accepted or not; null: none since Muster watches the schedule. */
  last: ShiftChange.extend({
    notes: z.array(ShiftNote),
    acceptedAt: z.string().nullable(),
    acceptedBy: Actor.nullable(),
  }).nullable(),
  /** The change to come, with the notes that were left for it; null: none in sight. */
  next: ShiftChange.extend({ notes: z.array(ShiftNote), noteAsked: z.boolean() }).nullable(),
});
export type ShiftView = z.infer<typeof ShiftView>;

export const ShiftList = z.object({
  items: z.array(
    z.object({
      schedule: z.string(),
      /** Whoever the schedule names now, overrides included. */
      person: Named.nullable(),
      /** null: its workflow cannot be asked now. */
      shift: ShiftView.nullable(),
    }),
  ),
});

export const ShiftNoteBody = z.strictObject({ text: z.string().trim().min(1).max(4_000) });
