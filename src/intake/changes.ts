/** Changes that others tell of, on their way into the ledger: brought to size, without secrets, with their names looked up. */
import { personNamed } from '../domain/changes/author.ts';
import { Bug, Conflict } from '../domain/errors.ts';
import { redactSecrets } from '../domain/redaction.ts';
import {
  changeLengths,
  type GivenChange,
  type NewChange,
  type TakenChange,
  type TellChange,
} from '../schema/change.ts';
import type { Store } from '../store/store.ts';
import { boundedName, oneLine } from './bounded-alert.ts';
import type { Rulebook } from './rulebook.ts';

/** Who tells, and when: a person's name goes in where the change names nobody. */
export interface Teller {
  /** `person`, or the name of the webhook. */
  source: string;
  /** Person id; null for a source. */
  person: string | null;
  /** Where the change has no key of its own: unique to this telling. */
  key: string;
  receivedAt: string;
}

/**
 * Keeps it. The same key of the same source a second time changes nothing and answers with the first; throws Conflict
 * when that one says something else, Unavailable without the database.
 */
export const takeChange = async (
  { store, rulebook }: { store: Pick<Store, 'changes'>; rulebook: Rulebook },
  given: TellChange,
  teller: Teller,
): Promise<TakenChange> => {
  const [told] = newChanges(given, teller, rulebook.organisation);
  const [recorded] = told ? await store.changes.record([told]) : [];
  if (!told || !recorded) throw new Bug('a change that is told is one row of the ledger');
  const { change, isNew } = recorded;
  if (!isNew && (change.kind !== told.kind || change.what !== told.what || change.service !== told.service)) {
    throw new Conflict('this key was used for another change; choose a new key');
  }
  return { change, repeat: !isNew };
};

/**
 * One row per service that is deployed from its repository, and one without a service where none is known. Whoever tells
 * of a service that the catalogue lacks is believed: the name is kept.
 */
export const newChanges = (given: GivenChange, teller: Teller, organisation: Rulebook['organisation']): NewChange[] => {
  const { people, services } = organisation;
  const key = `${teller.source}/${given.key ?? teller.key}`;
  const author = given.author ?? given.by ?? null;
  const by = given.by ?? given.author ?? (teller.person && (people[teller.person]?.name ?? teller.person));
  const told = servicesOf(given, services);
  return told.map((service) => ({
    at: earliest(given.at, teller.receivedAt),
    kind: given.kind,
    weighsAs: given.kind,
    what: clean(given.what, changeLengths.what),
    by: by === null ? null : clean(by, changeLengths.name),
    author: author === null ? teller.person : personNamed(author, people),
    source: teller.source,
    target: given.target ?? null,
    service: service === null ? null : clean(service, changeLengths.name),
    environment: given.environment ? clean(given.environment, changeLengths.name) : null,
    reference: {
      commit: given.commit ? clean(given.commit, changeLengths.name) : null,
      url: given.url && given.url.length <= changeLengths.url ? withoutUser(given.url) : null,
    },
    // Not every secret looks like one.
    before: given.before && given.kind !== 'secret' ? clean(given.before, changeLengths.text) : null,
    after: given.after && given.kind !== 'secret' ? clean(given.after, changeLengths.text) : null,
    concerns: [],
    drill: given.drill ?? false,
    dedupKey: boundedName(told.length > 1 ? `${key}/${service}` : key, changeLengths.key),
  }));
};

const servicesOf = (
  { service, repository }: GivenChange,
  services: Rulebook['organisation']['services'],
): (string | null)[] => {
  if (service !== undefined) return [service];
  if (repository === undefined) return [null];
  const wanted = repository.toLowerCase();
  const deployed = Object.entries(services)
    .filter(([, one]) => one.repository?.toLowerCase() === wanted)
    .map(([id]) => id);
  if (deployed.length > 0) return deployed;
  const named = wanted.split('/').at(-1) ?? '';
  return [Object.hasOwn(services, named) ? named : null];
};

/** A clock that runs ahead makes no change of tomorrow. */
const earliest = (at: string | undefined, receivedAt: string): string =>
  at !== undefined && Date.parse(at) < Date.parse(receivedAt) ? new Date(at).toISOString() : receivedAt;

const clean = (text: string, charactersMax: number): string => oneLine(redactSecrets(text), charactersMax);

/** An address may carry a password, and pages show it. */
const withoutUser = (address: string): string | null => {
  const url = URL.parse(address);
  if (!url || !/^https?:$/.test(url.protocol)) return null;
  url.username = '';
  url.password = '';
  return redactSecrets(url.href);
};
