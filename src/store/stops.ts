import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { NotFound } from '../domain/errors.ts';
import { everything } from '../domain/remediation/stop.ts';
import type { TimelineEntry } from '../schema/incident.ts';
import type { Tables } from './tables.ts';
import { json, plain } from './text.ts';
import { appendToTimeline } from './timeline.ts';

/** A stop as it is kept; `by` is a person id, or what was written by hand. */
export interface KeptStop {
  scope: string;
  reason: string | null;
  by: string;
  since: string;
}

export interface KeptStopEvent {
  /** Grows with time; names the event on timelines. */
  id: string;
  at: string;
  event: 'stopped' | 'lifted';
  scope: string;
  by: string;
  reason: string | null;
}

interface Order {
  scope: string;
  reason: string;
  by: string;
}

export interface StopStore {
  /** From its return on nothing new is sent. A scope that is stopped already keeps its first stop; `event` is then null. */
  stop(order: Order): Promise<{ stop: KeptStop; event: KeptStopEvent | null }>;
  /** Throws NotFound when the scope is not stopped. `stop` is the id of the event that is lifted; null: it was made by hand. */
  lift(order: Order): Promise<{ event: KeptStopEvent; stop: string | null }>;
  /** The stops that are on, the oldest first. */
  stops(): Promise<KeptStop[]>;
  /** The latest events, newest first. */
  record(limit: number): Promise<KeptStopEvent[]>;
  /** Whether a remediation that the scope covers was ever recorded. */
  isKnown(scope: string): Promise<boolean>;
  /**
   * Writes the entry to the timeline of every open incident with a remediation under way that the scope covers, and
   * of every open one whose timeline has an entry `answers`, once per key. Returns their ids. Each is a transaction of its
   * own, so that none waits for another.
   */
  tell(scope: string, entry: TimelineEntry, answers?: string): Promise<string[]>;
}

const acts = { stopped: 'stop changes', lifted: 'allow changes' } as const;

export const stopStore = (db: Kysely<Tables>): StopStore => ({
  stop: ({ scope, reason, by }) =>
    db.transaction().execute(async (tx) => {
      const columns = { stopped: true, set_by: by, reason: plain(reason), set_at: sql<string>`now()` };
      const pulled = await tx
        .insertInto('stop_switch')
        .values({ scope, ...columns })
        .onConflict((clash) => clash.column('scope').doUpdateSet(columns).where('stop_switch.stopped', '=', false))
        .returningAll()
        .executeTakeFirst();
      if (pulled) return { stop: toStop(pulled), event: await keep(tx, 'stopped', { scope, reason, by }) };
      const before = tx.selectFrom('stop_switch').selectAll().where('scope', '=', scope);
      return { stop: toStop(await before.executeTakeFirstOrThrow()), event: null };
    }),

  lift: ({ scope, reason, by }) =>
    db.transaction().execute(async (tx) => {
      const lifted = await tx
        .updateTable('stop_switch')
        .set({ stopped: false, set_by: by, set_at: sql<string>`now()` })
        .where('scope', '=', scope)
        .where('stopped', '=', true)
        .returning('scope')
        .executeTakeFirst();
      if (!lifted) throw new NotFound(`nothing is stopped under ${scope.slice(0, 130)}; see which stops are on`);
      const { stop } = await tx
        .selectFrom('audit')
        .select((is) => is.fn.max('id').as('stop'))
        .where('act', '=', acts.stopped)
        .where('subject', '=', scope)
        .executeTakeFirstOrThrow();
      return { event: await keep(tx, 'lifted', { scope, reason, by }), stop: stop === null ? null : String(stop) };
    }),

  stops: async () => {
    const rows = await db
      .selectFrom('stop_switch')
      .selectAll()
      .where('stopped', '=', true)
      .orderBy('set_at')
      .orderBy('scope')
      .execute();
    return rows.map(toStop);
  },

  record: async (limit) => {
    const rows = await db
      .selectFrom('audit')
      .selectAll()
      .where('act', 'in', Object.values(acts))
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return rows.map(toEvent);
  },

  isKnown: async (scope) => {
    const row = await covered(db, scope).limit(1).executeTakeFirst();
    return row !== undefined;
  },

  tell: async (scope, entry, answers) => {
    const underWay = covered(db, scope).where('remediation.ended_at', 'is', null);
    const told = db
      .selectFrom('timeline')
      .select('incident_id')
      .where('key', '=', answers ?? '');
    const rows = await db
      .selectFrom('incident')
      .select('id')
      .where('status', 'not in', ['resolved', 'closed', 'cancelled'])
      .where((is) => is.or([is('id', 'in', underWay), is('id', 'in', told)]))
      .orderBy('id')
      .execute();
    for (const { id } of rows) await db.transaction().execute((tx) => appendToTimeline(tx, id, [entry]));
    return rows.map(({ id }) => id);
  },
});

/** Incidents of the remediations that a scope covers. */
const covered = (db: Kysely<Tables>, scope: string) =>
  db
    .selectFrom('remediation')
    .select('remediation.incident_id')
    .where((is) => {
      const [kind, name] = scope.split('/');
      if (kind === 'cluster') return is(sql<string>`remediation.view->'target'->>'cluster'`, '=', name ?? '');
      if (kind === 'action') return is('remediation.action', '=', name ?? '');
      if (kind === 'runbook') return is(sql<string>`remediation.view->'runbook'->>'name'`, '=', name ?? '');
      return is.lit(kind === everything);
    });

const keep = async (
  tx: Transaction<Tables>,
  event: KeptStopEvent['event'],
  { scope, reason, by }: Order,
): Promise<KeptStopEvent> =>
  toEvent(
    await tx
      .insertInto('audit')
      .values({ actor: by, act: acts[event], subject: scope, detail: json({ reason }) })
      .returningAll()
      .executeTakeFirstOrThrow(),
  );

const toStop = (row: Selectable<Tables['stop_switch']>): KeptStop => ({
  scope: row.scope,
  reason: row.reason,
  by: row.set_by,
  since: row.set_at,
});

const toEvent = (row: Selectable<Tables['audit']>): KeptStopEvent => ({
  id: String(row.id),
  at: row.at,
  event: row.act === acts.stopped ? 'stopped' : 'lifted',
  scope: row.subject,
  by: row.actor,
  reason: reasonOf(row.detail),
});

const reasonOf = (detail: unknown): string | null => {
  const { reason } = (detail ?? {}) as { reason?: unknown };
  return typeof reason === 'string' ? reason : null;
};
