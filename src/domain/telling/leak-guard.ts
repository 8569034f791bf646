/**
 * What customers must not read: names and addresses of systems, secrets, technical detail, blame, guesses and promises.
 * Pure. It errs to the safe side: a text held back is replaced by the pack's safe wording, a leak cannot be taken back.
 */
import type { Organisation } from '../../schema/organisation.ts';
import type { PackDocument } from '../../schema/policy.ts';
import { asRead, type Reading } from './leak-reading.ts';
import { type LeakRule, rules } from './leak-rules.ts';

export interface Leak {
  /** Such as `internal name` or `promise of a time`. */
  rule: string;
  /** What was found, short; secrets only by their beginning. */
  excerpt: string;
}

/** What this organisation calls its things, and the words its pack forbids. */
export interface Inventory {
  /** Lower case; found as whole words. */
  internal: RegExp | null;
  forbidden: RegExp | null;
  people: RegExp | null;
  /** Names of built-in rules that do not count for this pack. */
  lifted: ReadonlySet<string>;
}

/** What a pack may let people say (`publicMay`), and the rules that would hold it back. Names, addresses, secrets, blame and guesses stay. */
const liftedBy: Record<PackDocument['publicMay'][number], string[]> = {
  estimate: ['promise of a time'],
  cause: ['cause', 'technical detail'],
};

const excerptCharactersMax = 60;
/** Nobody writes customers a longer post, and the patterns stay quick. */
const textCharactersMax = 4_500;

/** Names of services, workloads, components and clusters that are not also public names; namespaces and teams when they look technical. */
export const inventoryOf = (
  organisation: Organisation,
  neverPublic: readonly string[],
  publicMay: PackDocument['publicMay'] = [],
): Inventory => {
  const services = Object.entries(organisation.services);
  const publicWords = new Set(
    services.flatMap(([, service]) => [
      service.publicName.toLowerCase(),
      ...service.publicName.toLowerCase().split(/\s+/),
    ]),
  );
  const names = services.flatMap(([id, { title, component, workload }]) => [
    id,
    title,
    component ?? '',
    workload?.name ?? '',
  ]);
  // A namespace such as "shop" is also an English word: alone it says nothing, the rules know it in its company.
  const places = services.flatMap(([, { workload, team }]) => [
    workload?.namespace ?? '',
    workload?.cluster ?? '',
    team,
  ]);
  const internal = [...names, ...places.filter(looksTechnical)]
    .map((name) => name.toLowerCase())
    .filter((name) => name.length > 1 && !publicWords.has(name) && !ordinaryWords.has(name));
  const people = Object.values(organisation.people).flatMap(({ name, email, chat }) => [
    name,
    ...name.split(/\s+/).filter((part) => part.length > 2 && !ordinaryWords.has(part.toLowerCase())),
    email,
    chat ?? '',
  ]);
  return {
    internal: anyOf(internal),
    forbidden: anyOf(neverPublic),
    people: anyOf(people),
    lifted: new Set(publicMay.flatMap((permitted) => liftedBy[permitted])),
  };
};

/** Everything found, each rule once; empty: the text may go out. */
export const leaksIn = (text: string, inventory: Inventory): Leak[] => {
  if (text.length > textCharactersMax)
    return [{ rule: 'too long for a public post', excerpt: `${text.length} characters` }];
  const found = new Map<string, Leak>();
  const own: LeakRule[] = [
    ...(inventory.internal ? [{ name: 'internal name', pattern: inventory.internal }] : []),
    ...(inventory.people ? [{ name: "a person's name", pattern: inventory.people }] : []),
    ...(inventory.forbidden
      ? [{ name: 'word of the pack that must not be public', pattern: inventory.forbidden }]
      : []),
  ];
  for (const reading of asRead(text)) {
    for (const rule of [...own, ...rules.filter(({ name }) => !inventory.lifted.has(name))]) {
      const excerpt = match(rule, reading);
      if (excerpt !== null && !found.has(rule.name))
        found.set(rule.name, { rule: rule.name, excerpt: shown(rule, excerpt) });
    }
  }
  return [...found.values()];
};

const match = (rule: LeakRule, reading: Reading): string | null => {
  const text = rule.caseMatters ? reading.text : reading.text.toLowerCase();
  if (rule.find) return rule.find(text);
  for (const [excerpt] of text.matchAll(new RegExp(rule.pattern.source, `${rule.pattern.flags.replace('g', '')}g`))) {
    if (!rule.unless?.test(excerpt)) return excerpt;
  }
  return null;
};

const shown = (rule: LeakRule, excerpt: string): string =>
  rule.secret ? `${excerpt.slice(0, 4)}…` : excerpt.trim().slice(0, excerptCharactersMax);

const looksTechnical = (name: string): boolean => /[-_.\d/]/.test(name);

/** Whole words or phrases; plural and past tense count, a blank matches any joint (`roll back`, `roll-back`, `rollback`). */
const anyOf = (phrases: readonly string[]): RegExp | null => {
  const alternatives = [...new Set(phrases.map((phrase) => plain(phrase)).filter((phrase) => phrase !== ''))].map(
    (phrase) => {
      const body = phrase
        .split(/[\s_-]+/)
        .map(literal)
        .join('[\\s_-]*');
      const before = /^[\p{L}\p{N}]/u.test(phrase) ? '(?<![\\p{L}\\p{N}])' : '';
      const after = /[\p{L}\p{N}]$/u.test(phrase) ? "(?:s|es|ed|ing|'s)?(?![\\p{L}\\p{N}])" : '';
      return `${before}${body}${after}`;
    },
  );
  return alternatives.length === 0 ? null : new RegExp(alternatives.join('|'), 'u');
};

/** As the folded text spells it. */
const plain = (phrase: string): string => phrase.trim().toLowerCase().normalize('NFD').replace(/\p{M}/gu, '');

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** Names that are words: alone they give nothing away, and half of all sentences contain one. */
const ordinaryWords: ReadonlySet<string> = new Set([
  'search',
  'shop',
  'web',
  'app',
  'site',
  'mail',
  'account',
  'accounts',
  'orders',
  'order',
  'login',
  'support',
  'platform',
  'sandbox',
  'default',
  'production',
  'will',
  'mark',
  'may',
  'april',
  'june',
  'august',
  'grace',
  'hope',
  'faith',
  'joy',
  'dawn',
  'rich',
  'bill',
  'art',
  'summer',
  'sky',
  'page',
  'long',
  'day',
  'young',
  'early',
  'best',
  'major',
  'van',
  'von',
  'della',
  'case',
  'price',
  'stone',
  'wells',
  'field',
  'fields',
  'love',
  'power',
  'powers',
  'sharp',
  'short',
  'rush',
]);
