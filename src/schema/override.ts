/** Somebody else holds a schedule for a while: a swap, an illness, a holiday. */
import { z } from 'zod';

/** `from` counts, `until` does not; instants in UTC. Of several at one time the one made last wins. */
export const Override = z.object({
  id: z.string(),
  schedule: z.string(),
  /** Person id: who holds the schedule instead. */
  person: z.string(),
  from: z.string(),
  until: z.string(),
  /** Person id of whoever made it. */
  by: z.string(),
  note: z.string().nullable(),
});
export type Override = z.infer<typeof Override>;

const instant = z.iso
  .datetime({ offset: true, error: 'an instant such as 2026-11-18T08:00:00Z' })
  .transform((text) => new Date(text).toISOString());

export const AddOverride = z.strictObject({
  schedule: z.string().min(1).max(120),
  person: z.string().min(1).max(80),
  from: instant,
  until: instant,
  note: z.string().trim().max(500).optional(),
});
export type AddOverride = z.infer<typeof AddOverride>;

export const OverrideList = z.object({ items: z.array(Override) });

const Named = z.object({ id: z.string(), name: z.string() });

/** Who would be paged now, what comes next, and where nobody would be. */
export const OnCall = z.object({
  at: z.string(),
  duties: z.array(
    z.object({
      duty: z.string(),
      people: z.array(Named.extend({ until: z.string().nullable() })),
      note: z.string().nullable(),
    }),
  ),
  schedules: z.array(
    z.object({
      schedule: z.string(),
      person: Named.nullable(),
      /** The one that puts this person there. */
      override: z.string().nullable(),
      handOvers: z.array(z.object({ at: z.string(), from: Named.nullable(), to: Named.nullable() })),
    }),
  ),
  /** Those that count now or later; null: they cannot be read now, and everything else here is without them. */
  overrides: z.array(Override).nullable(),
  /** Spans of the days ahead in which nobody holds a duty. */
  gaps: z.array(z.object({ duty: z.string(), from: z.string(), until: z.string().nullable() })),
});
export type OnCall = z.infer<typeof OnCall>;
