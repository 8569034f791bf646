/** What customers say, counted by pattern: many people with the same trouble at the same time are an incident. */
import { z } from 'zod';

/** Characters; longer words are refused from people and cut from machines. */
export const reportLengths = { pattern: 200, name: 120, text: 4_000 } as const;

const name = z.string().trim().min(1).max(reportLengths.name);

/** `pattern`: what is wrong, in the words that all reports of it share. */
export const AddReport = z.strictObject({
  pattern: z.string().trim().min(1).max(reportLengths.pattern),
  service: name.optional(),
  customer: name.optional(),
  /** Counts only together with `customer`. */
  enterprise: z.boolean().optional(),
  /** Its number at the help desk; the same ticket twice is one report. */
  ticket: name.optional(),
  text: z.string().trim().max(reportLengths.text).optional(),
  reportedAt: z.iso
    .datetime({ offset: true, error: 'an instant such as 2026-11-18T08:00:00Z; leave it out for now' })
    .optional(),
});

/** The same from any source, before it is brought to size. */
export interface GivenReport {
  pattern: string;
  service: string | null;
  customer: string | null;
  enterprise: boolean;
  ticket: string | null;
  text: string | null;
  /** Null: now. */
  reportedAt: string | null;
}

export const Report = z.object({
  id: z.string(),
  pattern: z.string(),
  service: z.string().nullable(),
  customer: z.string().nullable(),
  enterprise: z.boolean(),
  ticket: z.string().nullable(),
  text: z.string().nullable(),
  /** Never later than `receivedAt`. */
  reportedAt: z.string(),
  receivedAt: z.string(),
  /** Person id, or the source that sent it. */
  by: z.string(),
  /** The incident it was matched to; null while there is none. */
  incidentId: z.string().nullable(),
  /** Why it was only recorded; null when the pack makes an incident of it. */
  because: z.string().nullable(),
});
export type Report = z.infer<typeof Report>;

/** Inside the pack's window that ends now: distinct tickets and distinct enterprise customers, and all reports. */
export const ReportCounts = z.object({
  tickets: z.number().int(),
  enterpriseCustomers: z.number().int(),
  reports: z.number().int(),
});
export type ReportCounts = z.infer<typeof ReportCounts>;

/** `repeat`: it was reported before and counts once. `counts` null: the pack counts no reports. */
export const TakenReport = z.object({ report: Report, repeat: z.boolean(), counts: ReportCounts.nullable() });
export type TakenReport = z.infer<typeof TakenReport>;

/** One pattern of one service, or of none. */
export const ReportPattern = z.object({
  pattern: z.string(),
  service: z.string().nullable(),
  counts: ReportCounts.nullable(),
  /** Reports without an incident; null when there are none. `matchBy` is when the oldest must have been matched. */
  unmatched: z
    .object({
      reports: z.number().int(),
      oldestAt: z.string(),
      matchBy: z.string().nullable(),
      overdue: z.boolean(),
    })
    .nullable(),
});

/** `items` newest first; `patterns` are theirs. Both spans are null where the pack counts no reports. */
export const ReportList = z.object({
  windowMs: z.number().nullable(),
  matchedWithinMs: z.number().nullable(),
  items: z.array(Report),
  patterns: z.array(ReportPattern),
});
export type ReportList = z.infer<typeof ReportList>;
