/**
 * HTTP APIs that remediations may call, and the switches behind them, as `organisation.yaml` says them: a host that does
 * not stand here is never called, and no path but those written here. See docs/switches.md and docs/argo-cd.md.
 */
import { z } from 'zod';
import { Duration } from './policy.ts';
import { BlastClass } from './remediation.ts';

/** The stand-in of the sandbox, which serves every endpoint of its organisation. */
export const sandboxAddress = 'sandbox';

export const EndpointEntry = z.strictObject({
  title: z.string(),
  /** https, or http on this very machine; redirects are not followed, so it is the final address. */
  url: z.union([z.literal(sandboxAddress), z.url()]),
  /** Name of a line of MUSTER_ENDPOINT_TOKENS; never the secret itself. */
  token: z.string().optional(),
  /** Header that carries the token; `authorization` carries it as a bearer token, any other as it is. */
  header: z.string().default('authorization'),
});
export type EndpointEntry = z.infer<typeof EndpointEntry>;

export const switchKinds = ['flag', 'breaker', 'maintenance', 'cache', 'job', 'weight'] as const;

/** `etag`: the header of the answer, sent back as If-Match. Otherwise a JSON pointer into the body. */
export const etag = 'etag';

const Pointer = z.string().regex(/^(\/([^~/]|~[01])*)+$/, 'a JSON pointer is such as /state or /spec/enabled');
const Path = z.string();

export const SwitchState = z.strictObject({
  value: z.union([z.string(), z.number(), z.boolean()]),
  /** Completes "so that ...": "new orders are refused with a notice". */
  words: z.string(),
});
export type SwitchState = z.infer<typeof SwitchState>;

export const SwitchEntry = z.strictObject({
  title: z.string(),
  /** One of `endpoints`. */
  endpoint: z.string(),
  kind: z.enum(switchKinds),
  service: z.string().optional(),
  /** Raises the class above that of its kind; it cannot lower it. */
  blastClass: BlastClass.optional(),
  read: z.strictObject({ path: Path, at: Pointer, version: z.union([z.literal(etag), Pointer]).optional() }).optional(),
  /** `{state}`, `{version}`, `{ttlSeconds}`, `{operationId}` and `{reason}` stand for a whole value of the body, `{state}` also for a whole segment of the path. */
  set: z.strictObject({
    method: z.enum(['PUT', 'PATCH', 'POST', 'DELETE']).default('PUT'),
    path: Path,
    body: z.unknown().optional(),
  }),
  /** By name; a remediation chooses one of these and nothing else. */
  states: z.record(z.string(), SwitchState),
  /** It goes back by itself after so long: what a remediation gets that names no time, and the most it may ask for. */
  ttl: z.strictObject({ preset: Duration, max: Duration }).optional(),
  /** Maintenance that is on for longer is an alarm. */
  alarmAfter: Duration.optional(),
  /** false: there is nothing to read it back from. Such a one is asked once, never repeated and always approved by people. */
  observable: z.boolean().default(true),
});
export type SwitchEntry = z.infer<typeof SwitchEntry>;
