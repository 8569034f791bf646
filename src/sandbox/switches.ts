/**
 * Switches as flag services have them: a version that each change raises, If-Match (412) or a version in the body (409),
 * keys under which a repetition is answered and not carried out, and an end that comes by itself.
 */
import { placeholderOf, valueAt } from '../domain/remediation/switch.ts';
import type { SwitchEntry } from '../schema/endpoint.ts';
import { answer, jsonBody, type SandboxAnswer, type SandboxRequest } from './wire.ts';
import type { World } from './world.ts';

export interface SwitchLife {
  value: unknown;
  version: number;
  /** When it goes back, and to what; null: it stays. */
  until: { atMs: number; value: unknown } | null;
  /** What was asked under each idempotency key. */
  keys: Record<string, string>;
  /** Requests that were carried out. */
  changes: number;
  log: { at: string; value: unknown; reason: string | null }[];
}

interface Held {
  entry: SwitchEntry;
  life: SwitchLife;
}

export const handleSwitches = (world: World, endpoint: string, request: SandboxRequest): SandboxAnswer => {
  if (world.state.endpoints.denied.includes(request.method))
    return answer(403, { message: `this token may not ${request.method}` });
  const held = Object.entries(world.organisation.switches)
    .filter(([, entry]) => entry.endpoint === endpoint)
    .map(([name, entry]): Held => ({ entry, life: lifeOf(world, `${endpoint}/${name}`, entry) }));
  if (request.method === 'GET') return read(held, request.path);
  for (const one of held) {
    const segment = segmentOf(one.entry.set.path, request.path);
    if (segment !== undefined && one.entry.set.method === request.method)
      return set(world, one, held, segment, request);
  }
  return answer(404, { message: 'there is no such switch' });
};

/** As it is now; an end that has come by then has come. */
export const lifeOf = (world: World, key: string, entry: SwitchEntry): SwitchLife => {
  const { switches } = world.state.endpoints;
  const [first] = Object.values(entry.states);
  const life = switches[key] ?? { value: first?.value ?? null, version: 1, until: null, keys: {}, changes: 0, log: [] };
  switches[key] = life;
  if (life.until && life.until.atMs <= world.nowMs()) {
    life.value = life.until.value;
    life.version += 1;
    life.until = null;
  }
  return life;
};

/** Switches that are read at one place are members of one document. */
const read = (held: Held[], path: string): SandboxAnswer => {
  const here = held.filter(({ entry }) => entry.read?.path.split('?')[0] === path);
  if (here.length === 0) return answer(404, { message: 'there is no such switch' });
  const document: Record<string, unknown> = {};
  for (const { entry, life } of here) {
    put(document, entry.read?.at ?? '', life.value);
    const version = entry.read?.version;
    if (version !== undefined && version !== 'etag') put(document, version, life.version);
  }
  return answer(200, document, { etag: tagOf(here) });
};

/** Of the whole document: changing one of its members changes it. */
const tagOf = (here: Held[]): string => `"${here.reduce((sum, { life }) => sum + life.version, 0)}"`;

const put = (document: Record<string, unknown>, pointer: string, value: unknown): void => {
  const parts = pointer.slice(1).split('/');
  const last = parts.pop() ?? '';
  let at = document;
  for (const part of parts) {
    at[part] = typeof at[part] === 'object' && at[part] !== null ? at[part] : {};
    at = at[part] as Record<string, unknown>;
  }
  at[last] = value;
};

/** What stands where the template has {state}; null where it has none, undefined when it is another path. */
const segmentOf = (template: string, path: string): string | null | undefined => {
  const wanted = template.split('?')[0]?.split('/') ?? [];
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  let found: string | null = null;
  for (const [index, part] of wanted.entries()) {
    if (part === '{state}') found = given[index] ?? '';
    else if (part !== given[index]) return undefined;
  }
  return found;
};

const set = (
  world: World,
  { entry, life }: Held,
  held: Held[],
  segment: string | null,
  request: SandboxRequest,
): SandboxAnswer => {
  const together = held.filter((one) => one.entry.read?.path === entry.read?.path);
  const body = jsonBody(request);
  const asked = `${request.path} ${JSON.stringify(body)}`;
  const key = request.headers['idempotency-key'];
  if (key !== undefined && Object.hasOwn(life.keys, key))
    return life.keys[key] === asked
      ? answer(200, { value: life.value, repeated: true })
      : answer(422, { message: 'this idempotency key was used for another request' });
  const given = valuesIn(entry.set.body, body);
  if (given === null) return answer(400, { message: 'the body does not have the shape of this switch' });
  const ifMatch = request.headers['if-match'];
  if (ifMatch !== undefined && ifMatch !== tagOf(together))
    return answer(412, { message: 'somebody changed it in the meantime' });
  if (given.version !== undefined && given.version !== life.version)
    return answer(409, { message: `the version is ${life.version}` });
  const value = given.state ?? (segment === null ? life.value : fromSegment(entry, segment));
  if (typeof value === 'object') return answer(422, { message: 'a state is one value' });
  carryOut(world, life, value, given);
  if (key !== undefined) life.keys[key] = asked;
  return answer(200, { value: life.value, version: life.version }, { etag: tagOf(together) });
};

const carryOut = (world: World, life: SwitchLife, value: unknown, given: Record<string, unknown>): void => {
  const seconds = given.ttlSeconds;
  const back = life.until?.value ?? life.value;
  life.until =
    typeof seconds === 'number' ? { atMs: world.nowMs() + world.scaledMs(seconds * 1_000), value: back } : null;
  life.value = value;
  life.version += 1;
  life.changes += 1;
  life.log.push({ at: world.nowIso(), value, reason: typeof given.reason === 'string' ? given.reason : null });
  world.state.effects.switches += 1;
};

const fromSegment = (entry: SwitchEntry, segment: string): unknown =>
  Object.values(entry.states).find(({ value }) => String(value) === segment)?.value ?? segment;

/** What stands at each placeholder of the template; null when the rest differs from it. */
const valuesIn = (template: unknown, given: unknown): Record<string, unknown> | null => {
  const found: Record<string, unknown> = {};
  const walk = (pattern: unknown, pointer: string): boolean => {
    const here = pointer === '' ? given : valueAt(given, pointer);
    if (typeof pattern === 'string') {
      const name = placeholderOf(pattern);
      if (name === null) return here === pattern;
      if (here !== undefined) found[name] = here;
      return here !== undefined || name === 'ttlSeconds' || name === 'version';
    }
    if (pattern === null || typeof pattern !== 'object') return here === pattern || pattern === undefined;
    return Object.entries(pattern).every(([key, member]) =>
      walk(member, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
    );
  };
  return walk(template, '') ? found : null;
};
