/** What a switch of the catalogue is asked to do, worked out from its entry: bodies are filled value by value, never as text. */
import type { SwitchEntry } from '../../schema/endpoint.ts';
import type { BlastClass } from '../../schema/remediation.ts';
import { sameJson } from './plan-hash.ts';

export const placeholders = ['state', 'version', 'ttlSeconds', 'operationId', 'reason'] as const;
export type Placeholder = (typeof placeholders)[number];
/** A member of a body whose value is not there is left out. */
export type Filling = Partial<Record<Placeholder, unknown>>;

const whole = /^\{([a-zA-Z]+)\}$/;

/** The name of the placeholder that this text is; null when it is ordinary text. */
export const placeholderOf = (text: string): string | null => whole.exec(text)?.[1] ?? null;

const isPlaceholder = (name: string): name is Placeholder => (placeholders as readonly string[]).includes(name);

/** The template with each placeholder replaced by a JSON value; whatever that holds, it stays one value. */
export const fillBody = (template: unknown, filling: Filling): unknown => {
  if (typeof template === 'string') {
    const name = placeholderOf(template);
    return name !== null && isPlaceholder(name) ? filling[name] : template;
  }
  if (Array.isArray(template))
    return template.map((item) => fillBody(item, filling)).filter((item) => item !== undefined);
  if (template === null || typeof template !== 'object') return template;
  return Object.fromEntries(
    Object.entries(template)
      .map(([key, value]) => [key, fillBody(value, filling)])
      .filter(([, value]) => value !== undefined),
  );
};

/** Null when the value cannot be one segment of a path: dots climb, slashes divide, nothing vanishes. */
export const fillPath = (path: string, state: unknown): string | null => {
  if (!path.includes('{state}')) return path;
  const text = typeof state === 'string' ? state : JSON.stringify(state);
  if (text === '' || /^\.{1,2}$|[/\\]/.test(text)) return null;
  return path.replaceAll('{state}', () => encodeURIComponent(text));
};

/** RFC 6901; undefined when there is nothing at that place. */
export const valueAt = (document: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, part) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, part)
          ? (value as Record<string, unknown>)[part]
          : undefined,
      document,
    );

/** A copy with another value at that place; the members on the way to it must be there. */
export const withValueAt = (document: unknown, pointer: string, value: unknown): unknown => {
  const [, first = '', ...rest] = pointer.split('/');
  const name = first.replaceAll('~1', '/').replaceAll('~0', '~');
  const members = (typeof document === 'object' && document !== null ? document : {}) as Record<string, unknown>;
  return { ...members, [name]: rest.length === 0 ? value : withValueAt(members[name], `/${rest.join('/')}`, value) };
};

/** Where a template has this placeholder, as a JSON pointer; null where it has none outside of lists. */
export const pointerTo = (template: unknown, placeholder: Placeholder): string | null => {
  if (template === null || typeof template !== 'object' || Array.isArray(template)) return null;
  for (const [key, value] of Object.entries(template)) {
    const here = `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (value === `{${placeholder}}`) return here;
    const below = pointerTo(value, placeholder);
    if (below !== null) return `${here}${below}`;
  }
  return null;
};

/** What one read of an endpoint gives. */
export interface Reading {
  etag: string | null;
  body: unknown;
}

/** Where a switch has its value and its version, so that a plan can compare without its catalogue. */
export interface SwitchPlace {
  at: string;
  /** `etag`, a JSON pointer, or null where it has no version. */
  versionAt: string | null;
}
export interface SwitchReading {
  value: unknown;
  version: string | number | null;
}

/** Null when the answer has nothing at the place of the value. */
export const readSwitch = ({ body, etag }: Reading, { at, versionAt }: SwitchPlace): SwitchReading | null => {
  const value = valueAt(body, at);
  if (value === undefined) return null;
  const version = versionAt === null ? null : versionAt === 'etag' ? etag : valueAt(body, versionAt);
  return { value, version: typeof version === 'string' || typeof version === 'number' ? version : null };
};

export interface SwitchStep {
  before: SwitchReading;
  desired: { value: unknown };
}

/**
 * The value decides; where the plan knows a version, a switch that was turned away and back by somebody else counts as
 * changed as well, as the server would refuse the request.
 */
export const observeSwitch = (
  now: SwitchReading | null,
  { before, desired }: SwitchStep,
): 'pending' | 'applied' | 'superseded' => {
  if (!now) return 'superseded';
  if (sameJson(now.value, desired.value)) return 'applied';
  if (!sameJson(now.value, before.value)) return 'superseded';
  return before.version === null || before.version === now.version ? 'pending' : 'superseded';
};

const leastOf: Record<SwitchEntry['kind'], BlastClass> = {
  flag: 'B1',
  breaker: 'B1',
  maintenance: 'B3',
  cache: 'B1',
  job: 'B1',
  weight: 'B3',
};

/** The least that its kind is; a flag that nothing turns back by itself is one more. */
export const leastClassOf = ({ kind, ttl }: Pick<SwitchEntry, 'kind' | 'ttl'>): BlastClass =>
  kind === 'flag' && !ttl ? 'B2' : leastOf[kind];

/** What the catalogue says raises the class and never lowers it. */
export const switchClass = (entry: Pick<SwitchEntry, 'kind' | 'ttl' | 'blastClass'>): BlastClass => {
  const least = leastClassOf(entry);
  return entry.blastClass !== undefined && entry.blastClass > least ? entry.blastClass : least;
};

/** The name of the state with this value; null when the catalogue knows none. */
export const stateNamed = (states: SwitchEntry['states'], value: unknown): string | null =>
  Object.entries(states).find(([, state]) => sameJson(state.value, value))?.[0] ?? null;

/** Every placeholder of a template; keys and longer texts that hold a brace are told as `stray`. */
export const placeholdersIn = (template: unknown): { names: string[]; stray: string[] } => {
  const names: string[] = [];
  const stray: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value === 'string') {
      const name = placeholderOf(value);
      if (name !== null) names.push(name);
      else if (/\{[a-zA-Z]+\}/.test(value)) stray.push(value);
    } else if (Array.isArray(value)) value.forEach(walk);
    else if (value !== null && typeof value === 'object')
      for (const [key, member] of Object.entries(value)) {
        if (/\{[a-zA-Z]+\}/.test(key)) stray.push(key);
        walk(member);
      }
  };
  walk(template);
  return { names, stray };
};
