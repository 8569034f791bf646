/** People, duties, rotations and the service catalogue, as `organisation.yaml` says them. */
import { z } from 'zod';
import { Duration } from './policy.ts';
import type { Target } from './remediation.ts';

export const ContactMethod = z.discriminatedUnion('via', [
  /** `key` is the person's own PagerDuty Events routing key. */
  z.strictObject({ via: z.literal('pager'), key: z.string() }),
  z.strictObject({ via: z.literal('chat'), user: z.string() }),
  z.strictObject({ via: z.literal('mail'), address: z.string() }),
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
});

/** Hand-overs at `start` plus whole multiples of `shift`; one person at a time, in order. An empty list is an empty shift. */
export const Rotation = z.strictObject({
  people: z.array(z.string()),
  start: z.string(),
  shift: Duration,
  timezone: z.string(),
});

export const Service = z.strictObject({
  title: z.string(),
  team: z.string(),
  tier: z.number().int().min(1).max(4),
  critical: z.boolean().default(false),
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
  dependsOn: z.array(z.string()).default([]),
  /** The figure that says whether customers are hurt. */
  symptom: z
    .strictObject({
      title: z.string(),
      query: z.string(),
      healthyBelow: z.number(),
      unit: z.enum(['ratio', 'ms', 'count']),
    })
    .optional(),
  runbook: z.string().optional(),
});
export type Service = z.infer<typeof Service>;

export const Organisation = z.strictObject({
  name: z.string(),
  timezone: z.string(),
  holidays: z.array(z.string()).default([]),
  businessHours: z.strictObject({ start: z.string(), end: z.string() }),
  people: z.record(z.string(), Person),
  /** Who answers for a duty of the ladder: a rotation by name, or people. `{team}` duties are looked up as `<team>/<duty>` first. */
  duties: z.record(
    z.string(),
    z.strictObject({ rotation: z.string().optional(), people: z.array(z.string()).optional() }),
  ),
  rotations: z.record(z.string(), Rotation),
  /** Paged when a step reaches nobody. */
  fallback: z.array(z.string()).min(1),
  /** Stakeholder groups of the packs: chat mention or channel. */
  groups: z.record(z.string(), z.strictObject({ mention: z.string() })),
  services: z.record(z.string(), Service),
});
export type Organisation = z.infer<typeof Organisation>;
export type Person = z.infer<typeof Person>;
export type Rotation = z.infer<typeof Rotation>;

/** What the story of an incident needs from the catalogue: all that its workflow carries of a service. */
export interface ServiceFacts {
  id: string;
  title: string;
  publicName: string;
  team: string;
  target: Target | null;
  symptom: { title: string; query: string; healthyBelow: number; unit: string } | null;
}
