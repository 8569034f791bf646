/** The store's one door: `openStore`. */
import { Kysely, PostgresDialect, sql } from 'kysely';
import { changeStore } from './changes.ts';
import { changeNotices } from './changes-notice.ts';
import { effectStore } from './effects.ts';
import { followUpStore } from './follow-ups.ts';
import { incidentStore } from './incidents.ts';
import { intakeStore } from './intake.ts';
import { limitStore } from './limits.ts';
import { migrate } from './migrate.ts';
import { overrideStore } from './overrides.ts';
import { connectionSettings, translatingPool } from './pool.ts';
import { remediationStore } from './remediations.ts';
import { reportStore } from './reports.ts';
import { stopStore } from './stops.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';
import { trustStore } from './trust.ts';

export interface StoreOptions {
  /** Shown by PostgreSQL as application_name: the process's name. */
  name?: string;
  poolSize?: number;
  /** How long a row of the outbox belongs to the process that took it. */
  outboxLeaseMs?: number;
  /** Default true. False where another process or role changes the schema. */
  migrate?: boolean;
  /** Lines for people: migrations applied, notices lost and found. */
  log?: (line: string) => void;
}

/**
 * Brings the schema up to date and opens the pool. Many processes may do so at once. Throws Unavailable when
 * PostgreSQL cannot be reached; later losses are healed by the pool, and each call then throws Unavailable.
 */
export const openStore = async (url: string, options: StoreOptions = {}): Promise<Store> => {
  const settings = connectionSettings(url, options.name ?? 'muster');
  if (options.migrate ?? true) await migrate(settings, options.log ?? (() => {}));
  const connections = (max: number) =>
    new Kysely<Tables>({ dialect: new PostgresDialect({ pool: translatingPool(settings, max) }) });
  const db = connections(options.poolSize ?? 10);
  // Incident numbers are taken outside of the asking transaction: kept until its end, they would make each delivery
  // wait for the one before, and two with several incidents for each other.
  const numbers = connections(1);
  const notices = changeNotices(settings, db, options.log ?? (() => {}));
  return {
    incidents: incidentStore(db, numbers),
    intake: intakeStore(db, numbers, { leaseMs: options.outboxLeaseMs ?? 10_000 }),
    effects: effectStore(db),
    remediations: remediationStore(db),
    followUps: followUpStore(db),
    overrides: overrideStore(db, options.log ?? (() => {})),
    stops: stopStore(db),
    limits: limitStore(db),
    trust: trustStore(db),
    reports: reportStore(db),
    changes: changeStore(db),
    listen: notices.listen,
    ready: async () => {
      await sql`insert into readiness default values on conflict (only_row) do update set checked_at = now()`.execute(
        db,
      );
    },
    close: async () => {
      await notices.close();
      await Promise.all([db.destroy(), numbers.destroy()]);
    },
  };
};
