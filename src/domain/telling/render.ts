/** A pack's wording and an incident's facts become a message. Uses liquidjs: never in the workflow bundle. */
import { Liquid } from 'liquidjs';
import { InvalidInput } from '../errors.ts';

export type Fact = string | number | boolean | null | undefined | string[] | Written | Written[];

/** Where the text goes decides what its values must not do there. */
export type Sink = 'chat' | 'public' | 'mail' | 'markdown';

/** Text that is already written for its sink: mentions and table rows of our own. Never made of what an alert said. */
export class Written {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

const notKnown = 'not known yet';

const valueCharactersMax = 4_000;
const templateCharactersMax = 50_000;
/** Stops a template that would never end; on a starved machine an innocent one may take a good part of a second. */
const renderMsMax = 1_500;
const memoryMax = 2_000_000;

/**
 * Fills the template. A fact that is missing reads "not known yet"; every value is escaped for the sink and, except for
 * `text`, is one line, so that a title can neither mention the whole channel nor fake a field.
 * Filter `when`: an instant as HH:MM UTC. Throws InvalidInput for a broken template, which loading a pack rules out.
 */
export const render = (template: string, facts: Record<string, Fact>, sink: Sink): string => {
  try {
    const values = Object.entries(facts).map(([name, fact]) => [name, prepared(name, fact)]);
    return engines[sink].parseAndRenderSync(template, Object.fromEntries(values)).trim();
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown';
    throw new InvalidInput(`a message of the pack cannot be rendered: ${reason}`);
  }
};

/** One value, written for its sink. */
export const writeFor = (sink: Sink, value: string): string => escapes[sink](value);

const escapes: Record<Sink, (text: string) => string> = {
  chat: (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  public: (text) => text,
  mail: (text) => text,
  markdown: (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('|', '\\|'),
};

const prepared = (name: string, fact: Fact): unknown => {
  if (Array.isArray(fact)) return fact.map((each) => prepared(name, each));
  if (typeof fact !== 'string') return fact;
  const short = fact.length <= valueCharactersMax ? fact : `${fact.slice(0, valueCharactersMax - 1)}…`;
  return name === 'text' ? withoutControls(short) : withoutControls(short).replace(/\s+/g, ' ').trim();
};

const withoutControls = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the point
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '');

const engineFor = (sink: Sink): Liquid => {
  const engine = new Liquid({
    outputEscape: (value: unknown) =>
      value === null || value === undefined
        ? notKnown
        : value instanceof Written
          ? value.text
          : escapes[sink](Array.isArray(value) ? value.map(String).join(', ') : String(value)),
    strictFilters: true,
    ownPropertyOnly: true,
    // Templates come from packs: they include nothing and are cut off before they cost anything.
    templates: {},
    cache: 200,
    parseLimit: templateCharactersMax,
    renderLimit: renderMsMax,
    memoryLimit: memoryMax,
    timezoneOffset: 0,
    locale: 'en-GB',
  });
  engine.registerFilter('when', clock);
  return engine;
};

/** HH:MM UTC of an instant; anything else stays as it is. */
const clock = (value: unknown): unknown => {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? value : `${new Date(ms).toISOString().slice(11, 16)} UTC`;
};

const engines: Record<Sink, Liquid> = {
  chat: engineFor('chat'),
  public: engineFor('public'),
  mail: engineFor('mail'),
  markdown: engineFor('markdown'),
};
