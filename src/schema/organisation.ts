/** People, teams, duties, schedules and the service catalogue, as `organisation.yaml` says them. See docs/organisation.md. */
import { z } from 'zod';
import { DatabaseEntry } from './database.ts';
import { EndpointEntry, SwitchEntry } from './endpoint.ts';
import { Duration } from './policy.ts';
import type { Target } from './remediation.ts';

/** How long to wait for an acknowledgement before the person's next method is tried as well; absent: only when this one fails. */
const wait = Duration.optional();

export const ContactMethod = z.discriminatedUnion('via', [
  /** `key` is the person's own PagerDuty Events routing key. */
  z.strictObject({ via: z.literal('pager'), key: z.string(), wait }),
  z.strictObject({ via: z.literal('chat'), user: z.string(), wait }),
  z.strictObject({ via: z.literal('mail'), address: z.string(), wait }),
]);
export type ContactMethod = z.infer<typeof ContactMethod>;

export const Person = z.strictObject({
  name: z.string(),
  email: z.string(),
  /** What the person may do: viewer, responder, commander, admin. */
  roles: z.array(z.enum(['viewer', 'responder', 'commander', 'admin'])).min(1),
  chat: z.string().optional(),
  /** Tried in order until one is delivered. */
  contact: z.array(ContactMethod).min(1),
  /** What the person can get into, in words: read when somebody with that access is looked for. */
  access: z.array(z.string()).default([]),
  /** Names they go by elsewhere, such as a GitHub login: who made a change is known by them. */
  accounts: z.array(z.string().min(1)).default([]),
});

export const Team = z.strictObject({
  title: z.string(),
  members: z.array(z.string()),
  /** Where the team is told something, such as `#team-shop`. */
  channel: z.string().optional(),
});
export type Team = z.infer<typeof Team>;

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const Weekday = z.enum(weekdays);

/**
 * Hours of a layer, wall clock of its zone: `from` counts, `to` does not. They may cross midnight; `days` are those on which
 * they begin, every day when absent. Equal times are a whole day.
 */
export const Restriction = z.strictObject({
  days: z.array(Weekday).min(1).optional(),
  from: z.string(),
  to: z.string(),
});
export type Restriction = z.infer<typeof Restriction>;

/** Hand-overs at `start` plus whole multiples of `shift`; one person at a time, in order. An empty list is an empty shift. */
export const Layer = z.strictObject({
  people: z.array(z.string()),
  start: z.string(),
  shift: Duration,
  /** The schedule's own when absent. */
  timezone: z.string().optional(),
  /** The layer counts only in these hours; always when absent. */
  restrictions: z.array(Restriction).min(1).optional(),
});
export type Layer = z.infer<typeof Layer>;

/** A later layer wins over an earlier one while it counts and has a person; otherwise the one below holds. */
export const Schedule = z.strictObject({ timezone: z.string(), layers: z.array(Layer).min(1) });
export type Schedule = z.infer<typeof Schedule>;

/** Who answers for a duty: whoever holds a schedule or several at the time, then the people named, in this order. */
export const Duty = z.strictObject({
  schedule: z.string().optional(),
  schedules: z.array(z.string()).min(1).optional(),
  people: z.array(z.string()).optional(),
});
export type Duty = z.infer<typeof Duty>;

/** Around a change of shift: before it the leaving person is asked for a note, from then on the arriving one to accept. */
export const HandOverFigures = z.strictObject({
  noteBefore: Duration.prefault('30m'),
  remindAfter: Duration.prefault('15m'),
  escalateAfter: Duration.prefault('30m'),
  /** Duty, looked up with the team first, that hears of a shift nobody accepted. */
  escalateTo: z.string().default('on-call-lead'),
});
export type HandOverFigures = z.infer<typeof HandOverFigures>;

export const Service = z.strictObject({
  title: z.string(),
  /** Owner: a team of `teams`. */
  team: z.string(),
  tier: z.number().int().min(1).max(4),
  /** Where it runs; policies of remediation say what may be changed there. */
  environment: z.string().default('production'),
  critical: z.boolean().default(false),
  /** false: customers never notice it, so nothing about it is said in public. */
  customerFacing: z.boolean().default(true),
  /** Name customers know it by; the only name that may stand on the status page. */
  publicName: z.string(),
  component: z.string().optional(),
  workload: z
    .strictObject({
      cluster: z.string(),
      kind: z.enum(['Deployment', 'StatefulSet', 'DaemonSet']),
      namespace: z.string(),
      name: z.string(),
    })
    .optional(),
  /** The application of Argo CD that deploys it. */
  application: z.strictObject({ endpoint: z.string(), name: z.string() }).optional(),
  dependsOn: z.array(z.string()).default([]),
  /** Repository that it is deployed from, as `owner/name`: its deployments are changes of this service. */
  repository: z
    .string()
    .regex(/^[^/\s]+\/[^/\s]+$/, 'write owner/name')
    .optional(),
  /** Where it keeps its data: a name of `databases`. */
  database: z.string().optional(),
  /** The most connections to it that one replica opens: the size of its pool. */
  connectionsPerReplica: z.number().int().min(1).optional(),
  /** The figure that says whether customers are hurt. */
  symptom: z
    .strictObject({
      title: z.string(),
      query: z.string(),
      healthyBelow: z.number(),
      unit: z.enum(['ratio', 'ms', 'count']),
    })
    .optional(),
  /** Further curves that a diagnosis shows beside the symptom. */
  figures: z
    .array(
      z.strictObject({
        title: z.string(),
        query: z.string(),
        unit: z.enum(['ratio', 'ms', 'count']),
        healthyBelow: z.number().optional(),
      }),
    )
    .max(6)
    .optional(),
  /** A page that tells whether the service is well, asked once by each diagnosis. */
  health: z
    .strictObject({
      url: z.url({ protocol: /^https?$/, hostname: /./ }).refine((url) => {
        const parsed = URL.parse(url);
        return !parsed || (parsed.username === '' && parsed.password === '');
      }, 'an address here carries no user and no password'),
      /** HTTP status of a healthy answer. */
      expect: z.number().int().min(100).max(599).default(200),
    })
    .optional(),
  /** CloudWatch alarms of the service: those whose names begin so. */
  alarms: z.strictObject({ prefix: z.string().min(1) }).optional(),
  /** Log group in CloudWatch, searched by a diagnosis. `query` is Logs Insights; its rows need @timestamp and @message. */
  logs: z.strictObject({ group: z.string().min(1), query: z.string().min(1).optional() }).optional(),
  runbook: z.string().optional(),
  dashboards: z.array(z.strictObject({ title: z.string(), url: z.string() })).default([]),
});
export type Service = z.infer<typeof Service>;

export const Organisation = z.strictObject({
  name: z.string(),
  timezone: z.string(),
  holidays: z.array(z.string()).default([]),
  businessHours: z.strictObject({ start: z.string(), end: z.string() }),
  people: z.record(z.string(), Person),
  /** By team id; a service's owner is one of them. */
  teams: z.record(z.string(), Team),
  /** Duties of the ladder. With an owning team `<team>/<duty>` is looked up first. */
  duties: z.record(z.string(), Duty),
  schedules: z.record(z.string(), Schedule),
  handOver: HandOverFigures.prefault({}),
  /** Paged when a step reaches nobody. */
  fallback: z.array(z.string()).min(1),
  /** Stakeholder groups of the packs: chat mention or channel. */
  groups: z.record(z.string(), z.strictObject({ mention: z.string() })),
  services: z.record(z.string(), Service),
  /** Databases whose sessions remediations may end, by name. */
  databases: z.record(z.string(), DatabaseEntry).default({}),
  /** HTTP APIs that remediations may call, by name: these hosts and no others. */
  endpoints: z.record(z.string(), EndpointEntry).default({}),
  /** What can be switched through them, by name. */
  switches: z.record(z.string(), SwitchEntry).default({}),
  /** Video link of a war room; `{id}` becomes the incident's id. */
  conference: z.string().optional(),
  /** Where a ticket is opened by mail. */
  tickets: z.strictObject({ address: z.string() }).optional(),
  /** Emergency and vendor contacts, for reading when everything else is away. */
  contacts: z
    .array(
      z.strictObject({
        title: z.string(),
        phone: z.string().optional(),
        mail: z.string().optional(),
        url: z.string().optional(),
      }),
    )
    .default([]),
});
export type Organisation = z.infer<typeof Organisation>;
export type Person = z.infer<typeof Person>;

/** What the story of an incident needs from the catalogue: all that its workflow carries of a service. */
export interface ServiceFacts {
  id: string;
  title: string;
  publicName: string;
  team: string;
  customerFacing: boolean;
  target: Target | null;
  symptom: { title: string; query: string; healthyBelow: number; unit: string } | null;
}
