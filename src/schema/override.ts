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
