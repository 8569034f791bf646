/**
 * A pack as its YAML says it (PackDocument) and as code uses it (Policy: durations in milliseconds, defaults filled).
 * Every figure of a policy lives in the YAML; nothing here carries a number of its own.
 */
import { z } from 'zod';
import { incidentStatuses, RoleName } from './incident.ts';

const durationText = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Text such as `90s`, `15m`, `24h`, `2d` to milliseconds. */
export const Duration = z
  .string()
  .regex(durationText, 'a duration is a number and a unit, such as 90s, 15m, 24h or 2d')
  .transform((text) => {
    const [, amount, unit] = durationText.exec(text) ?? [];
    return Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN);
  });

/** `3 business days`, `48h`, `7d`. */
export const Window = z
  .string()
  .regex(/^(\d+ business days?|\d+(\.\d+)?(m|h|d))$/, 'a window is such as "3 business days", "48h" or "7d"');

export const LadderStep = z.strictObject({
  /** Counted from the declaration. */
  after: Duration,
  /** A duty of the organisation: on-call, on-call-lead, engineering-manager ... */
  page: z.string(),
  /** What stops this step. `acknowledged` steps and the others form the two ladders. */
  unless: z.enum(['acknowledged', 'mitigated', 'resolved']),
});

/** What to do when a promised update is not there in time. */
export const OnMissed = z.enum(['autoPost', 'page']);

export const SeverityPolicy = z.strictObject({
  rank: z.number().int().min(1).max(9),
  title: z.string(),
  meaning: z.string(),
  /** Time to acknowledge; its breach is recorded and shown. */
  respondWithin: Duration,
  /** An acknowledgement without any further sign of life ends after this; null: never. */
  acknowledgementExpires: Duration.nullable().default(null),
  ladder: z.array(LadderStep),
  /** Stakeholder groups told once, in chat. */
  notify: z.array(z.string()),
  roles: z.strictObject({ minimum: z.array(RoleName), filledWithin: Duration }),
  updates: z.strictObject({
    internal: z.strictObject({ every: Duration, remindBefore: Duration, onMissed: OnMissed }),
    public: z
      .strictObject({ firstWithin: Duration, atDeclaration: z.boolean(), every: Duration, onMissed: OnMissed })
      .nullable(),
  }),
  hold: z.strictObject({ for: Duration, samples: z.number().int().min(1).max(20) }),
  review: z.strictObject({
    required: z.boolean(),
    within: Window,
    lengthMinutes: z.number().int(),
    documentWithin: Window,
  }),
  watchAfterwards: Duration,
});

/** One comparison or more on one signal; all given comparisons must hold. `above` and `below` are strict. */
export const Condition = z
  .strictObject({
    signal: z.string(),
    above: z.number().optional(),
    atLeast: z.number().optional(),
    below: z.number().optional(),
    atMost: z.number().optional(),
    equals: z.union([z.string(), z.boolean()]).optional(),
    oneOf: z.array(z.string()).min(1).optional(),
    /** The signal must have held for at least this. */
    heldFor: Duration.optional(),
  })
  .refine(
    ({ signal: _, heldFor: __, ...comparisons }) => Object.values(comparisons).some((each) => each !== undefined),
    {
      message: 'a condition compares: give above, atLeast, below, atMost, equals or oneOf',
    },
  );
export type Condition = z.infer<typeof Condition>;

/** All conditions must hold. A missing signal makes a condition false, never true. */
export const SeverityRule = z.strictObject({
  id: z.string(),
  when: z.array(Condition).min(1),
  severity: z.string(),
  because: z.string(),
});

/**
 * Recorded with the reason; nobody is paged. A severity rule that matches as well wins, unless this rule names it
 * in `overrules`: silence must be asked for by name.
 */
export const IgnoreRule = z.strictObject({
  id: z.string(),
  when: z.array(Condition).min(1),
  because: z.string(),
  overrules: z.array(z.string()).default([]),
});

export const messageNames = [
  'declared',
  'update',
  'resolved',
  'stakeholders',
  'reminder',
  'holding',
  'publicFirst',
  'publicUpdate',
  'publicHolding',
  'publicMonitoring',
  'publicResolved',
  'reviewInvite',
  'postmortem',
] as const;
export type MessageName = (typeof messageNames)[number];

export const PackDocument = z.strictObject({
  pack: z.string().regex(/^[a-z0-9-]+$/),
  title: z.string(),
  incidentId: z.string(),
  room: z.strictObject({ name: z.string(), archiveAfter: Duration, notifyChannel: z.string() }),
  statusWords: z.partialRecord(z.enum(incidentStatuses), z.string()),
  severities: z.record(z.string(), SeverityPolicy),
  /** From a monitor's own label when no figure says more. */
  severityLabels: z.strictObject({ map: z.record(z.string(), z.string()), otherwise: z.string() }),
  rules: z.array(SeverityRule),
  ignore: z.array(IgnoreRule),
  resolution: z.strictObject({
    /** `hold`: a verified remediation starts the hold by itself; `ask`: a person says resolve. */
    onRecovered: z.enum(['hold', 'ask']),
  }),
  remediation: z.strictObject({
    approval: z.strictObject({
      roles: z.array(z.string()).min(1),
      expiresAfter: Duration,
      notProposer: z.boolean(),
    }),
    settleWithin: Duration,
    verify: z.strictObject({
      every: Duration,
      consecutiveSuccesses: z.number().int().min(1),
      giveUpAfter: Duration,
    }),
    lookBack: Duration,
  }),
  /** Reports of customers: tickets of one pattern inside `window` count together; support has matched them within `matchedWithin`. */
  reports: z.strictObject({ window: Duration, matchedWithin: Duration }).optional(),
  /** Who may declare: duties of the organisation. Whoever declares is commander until the role is handed over. */
  declaredBy: z.array(z.string()).optional(),
  /** What people do in a phase, in order; shown beside it, never carried out by itself. */
  checklists: z.record(z.string(), z.array(z.string())).optional(),
  /** Who of the customers is told over which way, per severity; shown to the communications lead. */
  customers: z.record(z.string(), z.array(z.strictObject({ who: z.string(), over: z.string() }))).optional(),
  /** How the review is held; its date and length stand with the severity. */
  reviewFormat: z
    .strictObject({
      facilitator: z.string(),
      lengthMinutes: z.strictObject({ least: z.number().int(), most: z.number().int() }),
      agenda: z.array(z.strictObject({ title: z.string(), minutes: z.number().int() })),
      sections: z.array(z.string()),
    })
    .optional(),
  /** What the reports compare with: service levels and the quarterly questions. */
  targets: z
    .strictObject({
      serviceLevels: z.array(z.strictObject({ title: z.string(), target: z.string(), window: z.string() })),
      report: z.array(z.string()),
    })
    .optional(),
  /** Words that must not reach customers, beside the built-in rules of the leak guard. */
  neverPublic: z.array(z.string()),
  messages: z.record(z.enum(messageNames), z.string()),
});
export type PackDocument = z.infer<typeof PackDocument>;

export type SeverityPolicy = z.infer<typeof SeverityPolicy>;
export type LadderStep = z.infer<typeof LadderStep>;
export type SeverityRule = z.infer<typeof SeverityRule>;
export type IgnoreRule = z.infer<typeof IgnoreRule>;

/** The part of a pack that an incident carries for life: the workflow's input. Messages stay with the worker. */
export type Policy = Pick<PackDocument, 'pack' | 'room' | 'statusWords' | 'severities' | 'resolution' | 'remediation'>;
