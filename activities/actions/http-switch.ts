import { z } from 'zod';
import { spanInWords } from '../../src/domain/duration.ts';
import { holdsSecret } from '../../src/domain/redaction.ts';
import {
  fillBody,
  fillPath,
  observeSwitch,
  pointerTo,
  type Reading,
  readSwitch,
  type SwitchReading,
  stateNamed,
  switchClass,
} from '../../src/domain/remediation/switch.ts';
import type { SwitchEntry } from '../../src/schema/endpoint.ts';
import { Duration } from '../../src/schema/policy.ts';
import type { HttpRequest } from '../../src/schema/remediation.ts';
import { type ActionContext, type Draft, defineAction, Refused } from './action.ts';
import { readEndpoint } from './endpoint-reads.ts';
import { guard } from './guards.ts';

const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const Place = z.object({ at: z.string(), versionAt: z.string().nullable() });
const State = z.object({
  value: Scalar,
  version: z.union([z.string(), z.number(), z.null()]),
  /** Where it is read; null for what nothing can be read of. */
  place: Place.nullable(),
});

const Params = z.strictObject({
  /** Name of one of the states in the catalogue. */
  to: z.string(),
  /** For how long, where the switch goes back by itself. */
  ttl: Duration.optional(),
});
type Params = z.infer<typeof Params>;

/**
 * Sets a flag, breaker or maintenance mode of the catalogue to one of its states. Everything but the choice of the state
 * stands in the catalogue: host, paths, body. What can be read back is compared before and proved after; what cannot is
 * asked once, under one key, and nobody pretends to know more than its answer.
 */
export const httpSwitch = defineAction({
  name: 'http-switch',
  version: 1,
  title: 'Set a flag, a breaker or another switch of the catalogue',
  kinds: ['Switch'],
  weighsAs: 'flag',
  params: Params,
  permissions: [],

  async draft(context, params) {
    const entry = entryOf(context);
    const wanted = stateIn(entry, params.to);
    const ttlMs = lifetimeOf(entry, params);
    const shared = { context, entry, params, ttlMs };
    if (!entry.read) return blindDraft(shared, wanted.value);
    const place = { at: entry.read.at, versionAt: entry.read.version ?? null };
    const now = await stateNow(context, entry, place);
    if (now.value === wanted.value) throw new Refused(`${entry.title} is ${params.to} already; nothing to change`);
    const was = wordsOf(entry, now.value);
    const alarmAfter = isUsual(entry, params.to) ? undefined : entry.alarmAfter;
    const request = requestOf(shared, wanted.value, {
      version: now.version,
      key: context.operationId,
      ttlMs,
    });
    return {
      uid: uidOf(context),
      sentence: `Set ${entry.title} to ${params.to} instead of ${was}, so that ${wanted.words}`,
      before: { ...now, place },
      desired: { value: wanted.value, version: null, place },
      requests: [request],
      inverse: inverseOf(shared, now, wanted.value, place),
      differences: [{ path: `${entry.endpoint}: ${context.target.name}`, before: was, after: params.to }],
      undo: undoOf(entry, was, ttlMs),
      risks: risksOf(entry, ttlMs, alarmAfter),
      tasks: tasksOf(entry, was, alarmAfter),
      alarmAfter,
    };
  },

  async assess(context, step) {
    const entry = entryOf(context);
    const { value } = State.parse(step.desired);
    const known = stateNamed(entry.states, value);
    return {
      blastClass: switchClass(entry),
      guards: [
        known === null
          ? guard('catalogue', false, `the catalogue no longer has this state of ${entry.title}; plan anew`)
          : guard('catalogue', true, `${known} is a state that the catalogue allows`),
      ],
    };
  },

  observe(fresh, step) {
    const before = State.parse(step.before);
    const now = before.place && readSwitch(fresh as Reading, before.place);
    return observeSwitch(now, { before, desired: State.parse(step.desired) });
  },

  async settled(context, step) {
    const entry = entryOf(context);
    const { value, place } = State.parse(step.desired);
    const finding = place
      ? `${entry.title} reads back as ${wordsOf(entry, value)}`
      : `${entry.endpoint} accepted it; nothing can be read back`;
    return { state: 'settled', finding };
  },
});

interface Shared {
  context: ActionContext;
  entry: SwitchEntry;
  params: Params;
  ttlMs: number | null;
}

const uidOf = ({ target }: ActionContext): string => `${target.cluster}/${target.name}`;

const entryOf = ({ organisation, target }: ActionContext): SwitchEntry => {
  const { switches } = organisation;
  const entry = Object.hasOwn(switches, target.name) ? switches[target.name] : undefined;
  if (entry?.endpoint === target.cluster) return entry;
  if (entry) throw new Refused(`${target.name} is behind ${entry.endpoint}, not behind ${target.cluster}`);
  const known = Object.keys(switches).sort().join(', ') || 'none';
  throw new Refused(`the organisation has no switch ${target.name}; it has ${known}`);
};

const stateIn = ({ title, states }: SwitchEntry, name: string): SwitchEntry['states'][string] => {
  const state = Object.hasOwn(states, name) ? states[name] : undefined;
  if (state) return state;
  throw new Refused(`${title} has no state ${name}; it has ${Object.keys(states).join(', ')}`);
};

/** Null: it stays until somebody sets it back. */
const lifetimeOf = ({ title, ttl }: SwitchEntry, { ttl: asked }: Params): number | null => {
  if (!ttl && asked !== undefined)
    throw new Refused(`${title} does not go back by itself; leave ttl out, and take it back instead`);
  if (!ttl) return null;
  if (asked !== undefined && asked > ttl.max)
    throw new Refused(`${title} may be set for ${spanInWords(ttl.max)} at most`);
  return asked ?? ttl.preset;
};

const stateNow = async (
  context: ActionContext,
  entry: SwitchEntry,
  place: z.infer<typeof Place>,
): Promise<SwitchReading & { value: z.infer<typeof Scalar> }> => {
  const path = entry.read?.path ?? '';
  const reading = await readEndpoint(context, path);
  const now = reading && readSwitch(reading, place);
  if (!now) throw new Refused(`${entry.endpoint} has nothing at ${path} ${place.at}: correct the catalogue`);
  if (place.versionAt !== null && now.version === null)
    throw new Refused(
      `${entry.endpoint} gave no version (${place.versionAt}) of ${entry.title}: correct the catalogue`,
    );
  const value = Scalar.safeParse(now.value);
  if (!value.success)
    throw new Refused(`${path} ${place.at} of ${entry.endpoint} is not one value: correct the catalogue`);
  if (holdsSecret(value.data, context.target.name))
    throw new Refused(`the state of ${entry.title} looks like a secret, and a plan must not carry one`);
  return { ...now, value: value.data };
};

const requestOf = (
  { context, entry }: Shared,
  value: unknown,
  how: { version: string | number | null; key: string; ttlMs: number | null },
): HttpRequest => {
  const path = fillPath(entry.set.path, value);
  if (path === null) throw new Refused(`${JSON.stringify(value)} cannot be a part of ${entry.set.path}`);
  const tagged = entry.read?.version === 'etag' && how.version !== null;
  return {
    system: 'http',
    method: entry.set.method,
    path,
    headers: { 'idempotency-key': how.key, ...(tagged ? { 'if-match': String(how.version) } : {}) },
    body: fillBody(entry.set.body, {
      state: value,
      version: how.version ?? undefined,
      ttlSeconds: how.ttlMs === null ? undefined : Math.round(how.ttlMs / 1_000),
      operationId: how.key,
      reason: `Muster for ${context.incidentId}`,
    }),
    reads: entry.read?.path ?? null,
  };
};

/** The old value, whatever it was, and only over the one that we set; the version is found just before it is sent. */
const inverseOf = (
  shared: Shared,
  now: SwitchReading,
  set: unknown,
  place: z.infer<typeof Place>,
): Draft['inverse'] => {
  const { entry, context } = shared;
  if (entry.kind === 'cache' || fillPath(entry.set.path, now.value) === null) return null;
  const request = requestOf(shared, now.value, {
    version: null,
    key: `${context.operationId}-revert`,
    ttlMs: null,
  });
  const versionTo =
    place.versionAt === null ? null : place.versionAt === 'etag' ? 'if-match' : pointerTo(entry.set.body, 'version');
  return {
    sentence: `Set ${entry.title} back to ${wordsOf(entry, now.value)}`,
    before: { value: set, version: null, place },
    desired: { value: now.value, version: null, place },
    requests: [{ ...request, compares: { ...place, value: set, versionTo } }],
  };
};

/** Of what nothing can be read: no comparison before, no proof after, nothing that takes it back. */
const blindDraft = (shared: Shared, value: unknown): Draft => {
  const { context, entry, params, ttlMs } = shared;
  return {
    uid: uidOf(context),
    sentence: `Ask ${entry.endpoint} for ${entry.title}: ${params.to}, so that ${stateIn(entry, params.to).words}`,
    before: { value: null, version: null, place: null },
    desired: { value, version: null, place: null },
    requests: [requestOf(shared, value, { version: null, key: context.operationId, ttlMs })],
    inverse: null,
    differences: [{ path: `${entry.endpoint}: ${context.target.name}`, before: null, after: params.to }],
    undo: 'Nothing takes it back.',
    risks: [
      'Nothing can be read back: it is asked once and never repeated, and without a plain answer a person has to look.',
      ...risksOf(entry, ttlMs),
    ],
  };
};

/** The catalogue's name for a value, or the value itself. */
const wordsOf = ({ states }: SwitchEntry, value: unknown): string => stateNamed(states, value) ?? JSON.stringify(value);

const undoOf = ({ kind }: SwitchEntry, was: string, ttlMs: number | null): string => {
  if (kind === 'cache') return 'Nothing takes it back: what was cleared is made anew.';
  const back = `Back to ${was}; only while nobody has changed it since.`;
  return ttlMs === null ? back : `${back} It goes back by itself after ${spanInWords(ttlMs)}.`;
};

/** The first state of the list is the one that may stay. */
const isUsual = ({ states }: SwitchEntry, state: string): boolean => Object.keys(states)[0] === state;

const risksOf = ({ kind, title }: SwitchEntry, ttlMs: number | null, alarmAfter?: number): string[] => [
  ...(ttlMs === null
    ? []
    : [
        `It ends by itself after ${spanInWords(ttlMs)} and is not renewed: propose it again if it is needed for longer.`,
      ]),
  ...(alarmAfter !== undefined
    ? [`All customers are turned away meanwhile: on-call is paged when that is longer than ${spanInWords(alarmAfter)}.`]
    : []),
  ...(kind === 'cache' ? ['What stands behind the cache gets all of the traffic until it is full again.'] : []),
  ...(kind === 'weight' ? [`${title} moves traffic: what gets more of it must be able to carry it.`] : []),
];

const tasksOf = ({ title }: SwitchEntry, was: string, alarmAfter?: number): string[] =>
  alarmAfter === undefined ? [] : [`Set ${title} back to ${was}`];
