import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { ChangeKind, NewChange, RecordedChange, WatchedPlace } from '../schema/change.ts';
import type { Tables } from './tables.ts';
import { json, plain } from './text.ts';

export interface WatchPlace {
  cluster: string;
  /** Empty: the nodes of the cluster. */
  namespace: string;
  drill: boolean;
}

export interface ChangeFilter {
  drill: boolean;
  /** Of this service: told so, or of one of `workloads`. */
  service?: string;
  /** Keys `cluster/Kind/namespace/name`. */
  workloads?: readonly string[];
  kind?: ChangeKind;
  since?: string;
  limit: number;
}

/** What a diagnosis may have to know: of these services, in these clusters, or of nobody in particular. */
export interface ChangesAround {
  drill: boolean;
  services: readonly string[];
  clusters: readonly string[];
  from: string;
  until: string;
}

export interface ChangeStore {
  /** Writes those whose key is new. `isNew` false: the row is the one that was there. In the order given. */
  record(changes: readonly NewChange[]): Promise<{ change: RecordedChange; isNew: boolean }[]>;
  /** Newest first. */
  list(filter: ChangeFilter): Promise<RecordedChange[]>;
  /** At most the thousand latest, newest first. */
  around(window: ChangesAround): Promise<RecordedChange[]>;
  /** Gives up at most `limit` rows that happened before; returns how many. Never one younger than a day. */
  forget(before: string, limit: number): Promise<number>;

  /** What was seen there last; null: nobody has looked yet. */
  seenLast(place: WatchPlace): Promise<{ version: number; state: unknown } | null>;
  /**
   * Keeps what was seen and the changes it shows, or nothing of either: null when somebody else looked since `version`
   * was read, so that an old look never overrules a newer one. `state` absent: it is as it was. `version` 0: nobody had
   * looked.
   */
  keepLook(
    place: WatchPlace,
    look: { version: number; state?: unknown; missing: readonly string[]; at: string },
    changes: readonly NewChange[],
  ): Promise<RecordedChange[] | null>;
  watched(): Promise<WatchedPlace[]>;
  /** Of this installation; leaves the store for nothing but digests. */
  salt(): Promise<string>;
}

/** What others write of changes inside their own transaction. */
export interface ChangeTransaction {
  record(changes: readonly NewChange[]): Promise<{ change: RecordedChange; isNew: boolean }[]>;
}

const aroundMax = 1_000;

export const changeStore = (db: Kysely<Tables>): ChangeStore => ({
  record: (changes) => db.transaction().execute((tx) => recordAll(tx, changes)),

  list: async ({ drill, service, workloads = [], kind, since, limit }) => {
    const rows = await db
      .selectFrom('change')
      .selectAll()
      .where('drill', '=', drill)
      .where((is) => (kind === undefined ? is.lit(true) : is('kind', '=', kind)))
      .where((is) => (since === undefined ? is.lit(true) : is('at', '>=', since)))
      .$if(service !== undefined, (query) =>
        query.where((is) => is.or([is('service', '=', plain(service ?? '')), isOneOf(workloads), overlaps(workloads)])),
      )
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return rows.map(toChange);
  },

  around: async ({ drill, services, clusters, from, until }) => {
    const rows = await db
      .selectFrom('change')
      .selectAll()
      .where('drill', '=', drill)
      .where('at', '>=', from)
      .where('at', '<=', until)
      .where((is) =>
        is.or([
          sql<boolean>`service = any(${[...services]}::text[])`,
          sql<boolean>`target->>'cluster' = any(${[...clusters]}::text[])`,
          is.and([is('service', 'is', null), is('target', 'is', null)]),
        ]),
      )
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(aroundMax)
      .execute();
    return rows.map(toChange);
  },

  forget: async (before, limit) => {
    const { numDeletedRows } = await db
      .deleteFrom('change')
      .where('id', 'in', (rows) =>
        rows
          .selectFrom('change')
          .select('id')
          .where('at', '<', before)
          .where('at', '<', sql<string>`now() - interval '1 day'`)
          .orderBy('at')
          .limit(limit),
      )
      .executeTakeFirst();
    return Number(numDeletedRows);
  },

  seenLast: async ({ cluster, namespace, drill }) => {
    const row = await db
      .selectFrom('change_watch')
      .select(['version', 'state'])
      .where('cluster', '=', cluster)
      .where('namespace', '=', namespace)
      .where('drill', '=', drill)
      .executeTakeFirst();
    return row ? { version: Number(row.version), state: row.state } : null;
  },

  keepLook: (place, look, changes) =>
    db.transaction().execute(async (tx) => {
      if (!(await keepState(tx, place, look))) return null;
      const recorded = await recordAll(tx, changes);
      return recorded.filter(({ isNew }) => isNew).map(({ change }) => change);
    }),

  watched: async () => {
    const rows = await db
      .selectFrom('change_watch')
      .select(['cluster', 'namespace', 'drill', 'looked_at', 'missing'])
      .orderBy('cluster')
      .orderBy('namespace')
      .orderBy('drill')
      .execute();
    return rows.map(({ looked_at, ...row }) => ({ ...row, lookedAt: looked_at }));
  },

  salt: async () => (await db.selectFrom('change_salt').select('salt').executeTakeFirstOrThrow()).salt,
});

export const changeTransaction = (tx: Transaction<Tables>): ChangeTransaction => ({
  record: (changes) => recordAll(tx, changes),
});

const isOneOf = (workloads: readonly string[]) =>
  sql<boolean>`(target is not null
    and concat_ws('/', target->>'cluster', target->>'kind', target->>'namespace', target->>'name') = any(${[...workloads]}::text[]))`;
const overlaps = (workloads: readonly string[]) => sql<boolean>`concerns && ${[...workloads]}::text[]`;

/** False when somebody else was faster. */
const keepState = async (
  tx: Transaction<Tables>,
  place: WatchPlace,
  { version, state, missing, at }: { version: number; state?: unknown; missing: readonly string[]; at: string },
): Promise<boolean> => {
  const columns = { version: version + 1, missing: missing.map(plain), looked_at: at };
  if (version === 0) {
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('change_watch')
      .values({ ...place, ...columns, state: json(state ?? {}) })
      .onConflict((clash) => clash.columns(['cluster', 'namespace', 'drill']).doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  }
  const { numUpdatedRows } = await tx
    .updateTable('change_watch')
    .set({ ...columns, ...(state === undefined ? {} : { state: json(state) }) })
    .where('cluster', '=', place.cluster)
    .where('namespace', '=', place.namespace)
    .where('drill', '=', place.drill)
    .where('version', '=', version)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
};

/** One by one in the order of their keys, so that two who record the same changes never wait for each other in a circle. */
const recordAll = async (
  tx: Transaction<Tables>,
  changes: readonly NewChange[],
): Promise<{ change: RecordedChange; isNew: boolean }[]> => {
  const recorded = new Map<NewChange, { change: RecordedChange; isNew: boolean }>();
  const inOrder = [...changes].sort((one, other) => (one.dedupKey < other.dedupKey ? -1 : 1));
  for (const change of inOrder) recorded.set(change, await recordOne(tx, change));
  return changes.flatMap((change) => recorded.get(change) ?? []);
};

const recordOne = async (
  tx: Transaction<Tables>,
  change: NewChange,
): Promise<{ change: RecordedChange; isNew: boolean }> => {
  const inserted = await tx
    .insertInto('change')
    .values({
      at: change.at,
      kind: change.kind,
      weighs_as: change.weighsAs,
      what: plain(change.what),
      made_by: text(change.by),
      author: text(change.author),
      source: plain(change.source),
      target: change.target === null ? null : json(change.target),
      service: text(change.service),
      environment: text(change.environment),
      commit_id: text(change.reference.commit),
      url: text(change.reference.url),
      before: text(change.before),
      after: text(change.after),
      concerns: change.concerns.map(plain),
      drill: change.drill,
      dedup_key: plain(change.dedupKey),
    })
    .onConflict((clash) => clash.columns(['drill', 'dedup_key']).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (inserted) return { change: toChange(inserted), isNew: true };
  const before = await tx
    .selectFrom('change')
    .selectAll()
    .where('drill', '=', change.drill)
    .where('dedup_key', '=', plain(change.dedupKey))
    .executeTakeFirstOrThrow();
  return { change: toChange(before), isNew: false };
};

const text = (value: string | null): string | null => (value === null ? null : plain(value));

const toChange = (row: Selectable<Tables['change']>): RecordedChange => ({
  id: String(row.id),
  at: row.at,
  recordedAt: row.recorded_at,
  kind: row.kind,
  weighsAs: row.weighs_as,
  what: row.what,
  by: row.made_by,
  author: row.author,
  source: row.source,
  target: row.target,
  service: row.service,
  environment: row.environment,
  reference: { commit: row.commit_id, url: row.url },
  before: row.before,
  after: row.after,
  concerns: row.concerns,
  drill: row.drill,
  dedupKey: row.dedup_key,
});
