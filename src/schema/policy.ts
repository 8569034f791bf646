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

/** How long people have to acknowledge: a duration, or business days (text) counted by the organisation's calendar. */
export const ResponseTime = z
  .string()
  .regex(/^(\d+(\.\d+)?(ms|s|m|h|d)|\d+ business days?)$/, 'a response time is such as 5m, 24h or "1 business day"')
  .transform((text) => (text.includes('business') ? text : Duration.parse(text)));

/** A fixed quiet time, or a multiple of what the incident lasted until then. */
export const HoldTime = z
  .string()
  .regex(/^(\d+(\.\d+)?(ms|s|m|h|d)|\d+(\.\d+)?x duration)$/, 'a hold is such as 15m or "2x duration"')
  .transform((text) =>
    text.includes('duration') ? { timesDuration: Number(text.split('x')[0]) } : Duration.parse(text),
  );

export const LadderStep = z.strictObject({
  /** Counted from the declaration. */
  after: Duration,
  /** A duty of the organisation: on-call, on-call-lead, engineering-manager ... */
  page: z.string(),
  /** What stops this step. `acknowledged` steps and the others form the two ladders. */
  unless: z.enum(['acknowledged', 'mitigated', 'resolved']),
});

const NoticeObject = z.strictObject({
  /** A group of the organisation for `chat` and `ticket`, a duty for `direct`. */
  to: z.string(),
  /**
   * `chat`: mentioned in the standing channel. `direct`: a message to each person who holds the duty; nobody's phone rings.
   * `ticket`: mailed to where the organisation opens tickets.
   */
  via: z.enum(['chat', 'direct', 'ticket']).default('chat'),
  /** `businessHours`: outside of them it waits until they open, but never past the response time. */
  during: z.enum(['always', 'businessHours']).default('always'),
  /** Duty that is paged when the response time ends the waiting, unless somebody acknowledged. */
  otherwisePage: z.string().nullable().default(null),
});

/** Who is told once, without being woken. A name alone is a group in chat. */
export const Notice = z
  .union([z.string(), NoticeObject])
  .transform((notice) => (typeof notice === 'string' ? NoticeObject.parse({ to: notice }) : notice));
export type Notice = z.infer<typeof Notice>;

/** What to do when a promised update is not there in time. */
export const OnMissed = z.enum(['autoPost', 'page']);

export const SeverityPolicy = z.strictObject({
  rank: z.number().int().min(1).max(9),
  title: z.string(),
  meaning: z.string(),
  /** Time to acknowledge; its breach is recorded and shown. */
  respondWithin: ResponseTime,
  /** An acknowledgement without any further sign of life ends after this; null: never. */
  acknowledgementExpires: Duration.nullable().default(null),
  ladder: z.array(LadderStep),
  notify: z.array(Notice),
  /** Where people work: a room of their own, the standing shared one, or none. */
  room: z.enum(['own', 'shared', 'none']).default('own'),
  /** Texts that a person may want to publish elsewhere, drafted in the room; never sent by Muster. */
  drafts: z.array(z.enum(['social'])).default([]),
  roles: z.strictObject({ minimum: z.array(RoleName), filledWithin: Duration }),
  updates: z.strictObject({
    /** null: the pack promises none. */
    internal: z.strictObject({ every: Duration, remindBefore: Duration, onMissed: OnMissed }).nullable(),
    public: z
      .strictObject({
        firstWithin: Duration,
        atDeclaration: z.boolean(),
        every: Duration,
        onMissed: OnMissed,
        /** `customerFacing`: only for services that the catalogue calls so. */
        when: z.enum(['always', 'customerFacing']).default('always'),
      })
      .nullable(),
  }),
  hold: z.strictObject({
    for: HoldTime,
    /** Bounds of a hold that follows the incident's duration. */
    atLeast: Duration.optional(),
    atMost: Duration.optional(),
    samples: z.number().int().min(1).max(20),
  }),
  review: z.strictObject({
    required: z.boolean(),
    /** Not earlier than this after resolution, and on which day best. */
    notBefore: Window.optional(),
    preferred: Window.optional(),
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
 * Moves a severity that was judged: `lowerBy` first, then `atLeast` (a severity it rises to), so that a lift is never
 * taken back. All that match count, each once.
 */
export const Adjustment = z
  .strictObject({
    id: z.string(),
    when: z.array(Condition).min(1),
    lowerBy: z.number().int().min(1).optional(),
    atLeast: z.string().optional(),
    because: z.string(),
  })
  .refine(({ lowerBy, atLeast }) => (lowerBy === undefined) !== (atLeast === undefined), {
    message: 'give either lowerBy or atLeast',
  });
export type Adjustment = z.infer<typeof Adjustment>;

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

const wording = z.string();

/** Liquid. `ticket` and `socialDraft` are worded only where a severity opens tickets or drafts posts. */
export const Messages = z.strictObject({
  declared: wording,
  update: wording,
  resolved: wording,
  stakeholders: wording,
  reminder: wording,
  holding: wording,
  publicFirst: wording,
  publicUpdate: wording,
  publicHolding: wording,
  publicMonitoring: wording,
  publicResolved: wording,
  reviewInvite: wording,
  postmortem: wording,
  ticket: wording.optional(),
  socialDraft: wording.optional(),
});
export const messageNames = Messages.keyof().options;
export type MessageName = (typeof messageNames)[number];

export const PackDocument = z.strictObject({
  pack: z.string().regex(/^[a-z0-9-]+$/),
  /** Id of the pack whose fields stand wherever this one says nothing; maps are merged, lists and figures replaced. */
  extends: z.string().optional(),
  title: z.string(),
  incidentId: z.string(),
  room: z.strictObject({
    name: z.string(),
    /** The standing channel of severities whose room is `shared`; never archived. */
    shared: z.string().optional(),
    /** Whether the room carries the organisation's conference link. */
    conference: z.boolean().default(false),
    archiveAfter: Duration,
    notifyChannel: z.string(),
  }),
  statusWords: z.partialRecord(z.enum(incidentStatuses), z.string()),
  severities: z.record(z.string(), SeverityPolicy),
  /** From a monitor's own label when no figure says more. */
  severityLabels: z.strictObject({
    map: z.record(z.string(), z.string()),
    otherwise: z.string(),
    /** Beside a rule that matches: the `worse` of both counts, or the word only `withoutRule`. */
    counts: z.enum(['worse', 'withoutRule']).default('worse'),
  }),
  /** Asked when a person declares; each answer is a signal of the rules, true or false where `answers` names none. */
  assessment: z
    .array(z.strictObject({ signal: z.string(), question: z.string(), answers: z.array(z.string()).optional() }))
    .default([]),
  rules: z.array(SeverityRule),
  adjustments: z.array(Adjustment).default([]),
  ignore: z.array(IgnoreRule),
  /** Team by the incident's category, where the catalogue does not know the service. */
  routing: z.record(z.string(), z.string()).default({}),
  resolution: z.strictObject({
    /** What must be seen before anybody says resolved; shown, and asked of whoever resolves. */
    needs: z.array(z.string()).default([]),
    /** `hold`: a verified remediation starts the hold by itself; `ask`: a person says resolve. */
    onRecovered: z.enum(['hold', 'ask']),
  }),
  remediation: z.strictObject({
    approval: z.strictObject({
      roles: z.array(z.string()).min(1),
      expiresAfter: Duration,
      notProposer: z.boolean(),
      /** Different people who must say yes; the blast class may ask for more, never for fewer. */
      quorum: z.number().int().min(1).max(5).default(1),
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
      /** Figures with a bound, such as the time to resolve of a severity. */
      figures: z
        .array(
          z.strictObject({
            figure: z.enum(['timeToDetect', 'timeToResolve', 'timeBetweenIncidents', 'escalationRate']),
            severities: z.array(z.string()).optional(),
            below: Duration.optional(),
            belowRatio: z.number().optional(),
            trend: z.enum(['rising', 'falling']).optional(),
          }),
        )
        .default([]),
    })
    .optional(),
  /** Runbooks this pack relies on, by id. */
  runbooks: z.array(z.string()).default([]),
  /** What a person may say to customers although the leak guard holds it back elsewhere. */
  publicMay: z.array(z.enum(['estimate', 'cause'])).default([]),
  /** Words that must not reach customers, beside the built-in rules of the leak guard. */
  neverPublic: z.array(z.string()),
  messages: Messages,
});
export type PackDocument = z.infer<typeof PackDocument>;

export type SeverityPolicy = z.infer<typeof SeverityPolicy>;
export type LadderStep = z.infer<typeof LadderStep>;
export type SeverityRule = z.infer<typeof SeverityRule>;
export type IgnoreRule = z.infer<typeof IgnoreRule>;

/** The part of a pack that an incident carries for life: the workflow's input. Messages stay with the worker. */
export type Policy = Pick<PackDocument, 'pack' | 'room' | 'statusWords' | 'severities' | 'resolution' | 'remediation'>;

/**
 * Moments that hang on business hours, reckoned once from the declaration: workflows know no calendar.
 * Instants are ISO 8601; `respondBy` holds the severities whose response time is in business days.
 */
export interface Moments {
  /** When business hours open next; null where they were open at the declaration. */
  opensAt: string | null;
  respondBy: Record<string, string>;
}
