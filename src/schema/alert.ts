import { z } from 'zod';

/** One normalised signal. `fingerprint` names the problem, `startsAt` the episode. */
export const Alert = z.object({
  source: z.string(),
  fingerprint: z.string(),
  status: z.enum(['firing', 'resolved']),
  title: z.string(),
  summary: z.string().nullable(),
  service: z.string().nullable(),
  /** The monitor's own word for how bad it is, lower case; null when it says nothing. */
  severityLabel: z.string().nullable(),
  startsAt: z.string(),
  endsAt: z.string().nullable(),
  /** Named figures for the severity rules: errorRate as a ratio, latencyP95Ratio ... and flags. */
  signals: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  labels: z.record(z.string(), z.string()),
  /** Where a person can look; shown, never fetched. */
  link: z.string().nullable(),
});
export type Alert = z.infer<typeof Alert>;

/** The slim form an incident's workflow carries; the rest stays in the store. */
export interface AlertReference {
  fingerprint: string;
  title: string;
  status: 'firing' | 'resolved';
  startsAt: string;
  source: string;
}
