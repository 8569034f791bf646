/** News of committed changes, over one connection of its own that heals itself. */
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import type { ConnectionSettings } from './pool.ts';
import type { Tables } from './tables.ts';
import { changesChannel } from './timeline.ts';

const heartbeatMs = 10_000;
const retryMsMax = 5_000;
/** A transaction's changes carry its start as their time: look back further than one may last. */
const lookBackSeconds = 30;

export interface ChangeNotices {
  listen(onChange: (incidentId: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/**
 * Each listener hears each committed change at least once: what was missed while the connection was away is looked up
 * when it is back, so the same id may come twice. `listen` returns once news flow, or at once when the database is
 * away now; then news begin when it is back.
 */
export const changeNotices = (
  settings: ConnectionSettings,
  db: Kysely<Tables>,
  log: (line: string) => void,
): ChangeNotices => {
  const listeners = new Set<(incidentId: string) => void>();
  let client: pg.Client | null = null;
  let connecting: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let failures = 0;
  /** The database's own clock when the connection was last known to work. */
  let healthyAt: string | null = null;

  const tell = (incidentId: string): void => {
    for (const listener of listeners) listener(incidentId);
  };

  const connect = async (): Promise<void> => {
    const fresh = new pg.Client({
      ...settings.client,
      application_name: `${settings.client.application_name} notices`,
    });
    fresh.on('error', () => lost(fresh));
    fresh.on('end', () => lost(fresh));
    fresh.on('notification', ({ payload }) => {
      if (payload) tell(payload);
    });
    client = fresh;
    try {
      await fresh.connect();
      await fresh.query(`listen ${changesChannel}`);
      const since = healthyAt;
      await beat(fresh);
      if (since !== null) await catchUp(since);
      if (failures > 0) log('news of changes flow again');
      failures = 0;
    } catch {
      healthyAt ??= new Date().toISOString();
      lost(fresh);
    }
  };

  const beat = async (of: pg.Client): Promise<void> => {
    const { rows } = await of.query<{ now: string }>('select now() as now');
    healthyAt = rows[0]?.now ?? healthyAt;
    schedule(heartbeatMs, () => void beat(of).catch(() => lost(of)));
  };

  const catchUp = async (since: string): Promise<void> => {
    const missed = await db
      .selectFrom('incident')
      .select('id')
      .where(sql<boolean>`changed_at >= ${since}::timestamptz - ${lookBackSeconds} * interval '1 second'`)
      .execute();
    for (const { id } of missed) tell(id);
  };

  const lost = (which: pg.Client): void => {
    if (client !== which) return;
    client = null;
    void which.end().catch(() => {});
    if (closed) return;
    failures += 1;
    if (failures === 1) log(`news of changes stopped: the connection to ${settings.server} is gone; reconnecting`);
    schedule(Math.min(retryMsMax, 100 * 2 ** Math.min(failures, 10)), () => {
      connecting = connect();
    });
  };

  const schedule = (delayMs: number, act: () => void): void => {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(act, delayMs).unref();
  };

  return {
    listen: async (onChange) => {
      // A wrapper of its own, so that one function may listen twice.
      const listener = (incidentId: string): void => onChange(incidentId);
      listeners.add(listener);
      connecting ??= connect();
      await connecting;
      return async () => {
        listeners.delete(listener);
      };
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      listeners.clear();
      const current = client;
      client = null;
      await current?.end().catch(() => {});
    },
  };
};
