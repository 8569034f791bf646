/** The kill switch: changes of production that are forbidden until somebody lifts the stop. */
import { z } from 'zod';

/** `global`, one cluster (`cluster/<name>`), one action (`action/<name>`) or one runbook (`runbook/<name>`). */
export const StopScope = z
  .string()
  .regex(
    /^(global|(cluster|action|runbook)\/[^\s/]{1,120})$/,
    'global, cluster/<name>, action/<name> or runbook/<name>',
  );

const reason = z.string().trim().min(1, 'say why, for whoever asks later').max(500);

export const OrderStop = z.strictObject({ scope: StopScope, reason });
export const LiftStop = z.strictObject({ reason });

const Named = z.object({ id: z.string(), name: z.string() });

export const Stop = z.object({
  scope: z.string(),
  /** Null for a stop that was made in the database by hand. */
  reason: z.string().nullable(),
  by: Named,
  since: z.string(),
});
export type Stop = z.infer<typeof Stop>;

export const OrderedStop = Stop.extend({
  /** Incidents whose timeline tells of it, as a remediation that it covers is under way there. */
  told: z.array(z.string()),
  /** What to look at, such as a name that nothing here has; null: nothing. */
  doubt: z.string().nullable(),
});

/** One line of the record, which keeps every stop and every lifting. */
export const StopEvent = z.object({
  at: z.string(),
  event: z.enum(['stopped', 'lifted']),
  scope: z.string(),
  by: Named,
  reason: z.string().nullable(),
});

/** `items`: the stops that are on. `record`: the latest events, newest first. */
export const StopList = z.object({ items: z.array(Stop), record: z.array(StopEvent) });
export type StopList = z.infer<typeof StopList>;
