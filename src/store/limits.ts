import { type Kysely, sql, type Transaction } from 'kysely';
import { type Counts, limitsExceeded, type Recovery, type Unwell } from '../domain/remediation/limits.ts';
import type { Limits } from '../domain/remediation/mode-rules.ts';
import type { Tables } from './tables.ts';
import { plain } from './text.ts';

/** What a run is counted under. */
export interface BudgetKeys {
  targetKey: string;
  /** Name; null: a person proposed the action by hand. */
  runbook: string | null;
  cluster: string;
  /** Drills and live runs are counted apart. */
  drill: boolean;
}

export interface BudgetClaim extends BudgetKeys {
  remediationId: string;
  incidentId: string;
  /** ISO 8601. */
  at: string;
  limits: Limits;
  /** A person has seen what is exceeded and said yes: the run is counted, and granted all the same. */
  approved: boolean;
}

/** `exceeded` says which limits speak against it, in words, also where it was granted all the same. */
export interface BudgetAnswer {
  granted: boolean;
  exceeded: string[];
}

export interface KeptBreaker {
  until: string;
  because: string;
}

/** A breaker with whose it is; `targetKey` as src/domain/remediation/target.ts writes it. */
export interface OpenBreaker extends KeptBreaker {
  runbook: string;
  targetKey: string;
}

type FlapKeys = Pick<BudgetKeys, 'targetKey' | 'drill'> & { runbook: string };

export interface LimitStore {
  /** Runs without the one named, as the limits count them. */
  counts(keys: BudgetKeys, limits: Limits, at: string, exceptRemediation?: string): Promise<Counts>;
  /**
   * Leave to act, to be asked for right before the first request. Of two runs that ask at once for the last place one gets
   * it. A run that was granted once is granted again, however often it asks. Throws Unavailable when it cannot be decided.
   */
  claimBudget(claim: BudgetClaim): Promise<BudgetAnswer>;
  /** Times that the runbook helped the target since then, each with the first alert of the same kind afterwards. */
  recoveries(keys: FlapKeys, since: string): Promise<Recovery[]>;
  /** True when none was open at `at`: somebody should hear of it, once. One that lasts longer is kept. */
  openBreaker(keys: FlapKeys, breaker: KeptBreaker & { at: string }): Promise<boolean>;
  /** The breaker that is open at this moment, if there is one. */
  breaker(keys: FlapKeys, at: string): Promise<KeptBreaker | null>;
  /** Every breaker of live incidents that is open at this moment, the one that lasts longest first. */
  openBreakers(at: string): Promise<OpenBreaker[]>;
  /** When services were unwell since then, by their incidents; cancelled ones were none. */
  unwellServices(of: { drill: boolean; since: string }): Promise<Unwell[]>;
}

/** A run that never ended takes up no place for longer than this: somebody has looked at it by then. */
const runningHoursMax = 24;

export const limitStore = (db: Kysely<Tables>): LimitStore => ({
  counts: (keys, limits, at, exceptRemediation) => countRuns(db, keys, limits, at, exceptRemediation ?? ''),

  claimBudget: ({ remediationId, incidentId, at, limits, approved, ...keys }) =>
    db.transaction().execute(async (tx) => {
      await oneAtATime(tx, keys.drill);
      const before = await tx
        .selectFrom('remediation_claim')
        .select('remediation_id')
        .where('remediation_id', '=', remediationId)
        .executeTakeFirst();
      if (before) return { granted: true, exceeded: [] };
      const exceeded = limitsExceeded(await countRuns(tx, keys, limits, at, remediationId), limits);
      if (exceeded.length > 0 && !approved) return { granted: false, exceeded };
      await tx
        .insertInto('remediation_claim')
        .values({
          remediation_id: remediationId,
          incident_id: incidentId,
          target_key: keys.targetKey,
          runbook: keys.runbook,
          cluster: keys.cluster,
          drill: keys.drill,
          claimed_at: at,
        })
        .execute();
      return { granted: true, exceeded };
    }),

  recoveries: async ({ runbook, targetKey, drill }, since) => {
    const { rows } = await sql<{ recovered_at: string; came_back_at: string | null }>`
      select remediation.ended_at as recovered_at, back.at as came_back_at
      from remediation_claim claim
      join remediation on remediation.id = claim.remediation_id
      join incident on incident.id = remediation.incident_id
      cross join lateral (
        select min(seen.at) as at from (
          select other.declared_at as at from incident other
          where other.correlation_key = incident.correlation_key and other.drill = claim.drill and other.id <> incident.id
          union all
          select alert.first_seen_at from alert join incident other on other.id = alert.incident_id
          where other.correlation_key = incident.correlation_key and other.drill = claim.drill
        ) seen where seen.at > remediation.ended_at
      ) back
      where claim.runbook = ${runbook} and claim.target_key = ${targetKey} and claim.drill = ${drill}
        and remediation.status = 'recovered' and remediation.ended_at > ${since}
      order by remediation.ended_at`.execute(db);
    return rows.map((row) => ({ recoveredAt: row.recovered_at, cameBackAt: row.came_back_at }));
  },

  openBreaker: async ({ runbook, targetKey, drill }, { at, until, because }) => {
    const { rows } = await sql`
      insert into remediation_breaker (runbook, target_key, drill, opened_at, until, because)
      values (${runbook}, ${targetKey}, ${drill}, ${at}, ${until}, ${plain(because)})
      on conflict (runbook, target_key, drill) do update
        set opened_at = excluded.opened_at, until = excluded.until, because = excluded.because
        where remediation_breaker.until <= excluded.opened_at
      returning runbook`.execute(db);
    return rows.length > 0;
  },

  breaker: async ({ runbook, targetKey, drill }, at) => {
    const row = await db
      .selectFrom('remediation_breaker')
      .select(['until', 'because'])
      .where('runbook', '=', runbook)
      .where('target_key', '=', targetKey)
      .where('drill', '=', drill)
      .where('until', '>', at)
      .executeTakeFirst();
    return row ?? null;
  },

  openBreakers: async (at) => {
    const rows = await db
      .selectFrom('remediation_breaker')
      .select(['runbook', 'target_key', 'until', 'because'])
      .where('drill', '=', false)
      .where('until', '>', at)
      .orderBy('until', 'desc')
      .orderBy('target_key')
      .execute();
    return rows.map(({ target_key, ...kept }) => ({ ...kept, targetKey: target_key }));
  },

  unwellServices: async ({ drill, since }) => {
    const over = sql<string | null>`coalesce(resolved_at, closed_at)`;
    const rows = await db
      .selectFrom('incident')
      .select(['service', 'declared_at', over.as('over_at')])
      .where('service', 'is not', null)
      .where('drill', '=', drill)
      .where('status', '<>', 'cancelled')
      .where((is) => is.or([is(over, 'is', null), is(over, '>', since)]))
      .orderBy('declared_at')
      .orderBy('id')
      .execute();
    return rows.flatMap(({ service, declared_at, over_at }) =>
      service === null ? [] : [{ service, from: declared_at, to: over_at }],
    );
  },
});

/** Held until the transaction ends. One for all, because the total is every run's; claims are few and short. */
const oneAtATime = (tx: Transaction<Tables>, drill: boolean) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`remediation budget, drill ${drill}`}, 0))`.execute(tx);

/** A claim counts while its run goes on, and afterwards if a request was sent or may have been. Reverts are part of their run. */
const countRuns = async (
  db: Kysely<Tables>,
  { targetKey, runbook, cluster, drill }: BudgetKeys,
  { perTarget, perRunbook, perCluster, total }: Limits,
  at: string,
  except: string,
): Promise<Counts> => {
  const within = (ms: number) => sql`claimed_at > ${at}::timestamptz - make_interval(secs => ${ms / 1_000}::float8)`;
  const dayMs = 86_400_000;
  const longestMs = Math.max(dayMs, perTarget.windowMs, perRunbook.windowMs, perCluster.windowMs, total.windowMs);
  const { rows } = await sql<Record<'target' | 'target_day' | 'runbook' | 'cluster' | 'running' | 'total', string>>`
    select
      count(*) filter (where sent and target_key = ${targetKey} and ${within(perTarget.windowMs)}) as target,
      count(*) filter (where sent and target_key = ${targetKey} and ${within(dayMs)}) as target_day,
      count(*) filter (where sent and runbook = ${runbook}::text and ${within(perRunbook.windowMs)}) as runbook,
      count(*) filter (where sent and cluster = ${cluster} and ${within(perCluster.windowMs)}) as cluster,
      count(*) filter (where running and cluster = ${cluster}) as running,
      count(*) filter (where sent and ${within(total.windowMs)}) as total
    from (
      select claim.*, remediation.ended_at is null and ${within(runningHoursMax * 3_600_000)} as running,
        remediation.ended_at is null or exists (
          select from effect
          where effect.incident_id = claim.incident_id and effect.detail ->> 'remediationId' = claim.remediation_id
            and effect.status in ('started', 'unknown', 'applied', 'verified')
        ) as sent
      from remediation_claim claim
      left join remediation on remediation.id = claim.remediation_id
      where claim.drill = ${drill} and claim.remediation_id <> ${except} and ${within(longestMs)}
    ) runs`.execute(db);
  const [row] = rows;
  return {
    target: { inWindow: Number(row?.target), inDay: Number(row?.target_day) },
    runbook: runbook === null ? null : { inWindow: Number(row?.runbook) },
    cluster: { inWindow: Number(row?.cluster), running: Number(row?.running) },
    total: { inWindow: Number(row?.total) },
  };
};
