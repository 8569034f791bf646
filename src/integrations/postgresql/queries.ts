/** What is asked of the server, for PostgreSQL 14 and later. */

/** A moment as text that is equal only if the moment is, to the microsecond. */
const exact = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') collate "C"`;
const age = (column: string): string => `greatest(0, extract(epoch from clock_timestamp() - ${column}))::float8`;

export const rightsQuery = `
  select current_user::text as role,
         rolsuper as "isSuperuser",
         pg_has_role(current_user, 'pg_read_all_stats', 'usage') as "maySee",
         pg_has_role(current_user, 'pg_signal_backend', 'usage') as "maySignal"
    from pg_roles
   where rolname = current_user`;

/** $1: the database; no row when there is none of that name. */
export const serverQuery = `
  select (select system_identifier::text from pg_control_system()) || '/' || d.oid as identity,
         (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used,
         current_setting('max_connections')::int as max,
         current_setting('superuser_reserved_connections')::int
           + coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0) as reserved,
         pg_is_in_recovery() as "isInRecovery",
         (select count(*)::int from pg_stat_activity) as total
    from pg_database d
   where d.datname = $1`;

/**
 * One row per backend. Locks on its own virtual transaction are everybody's and in nobody's way. pg_blocking_pids
 * stops the lock table for a moment, so it is asked only for those that wait.
 */
const sessionsQuery = (where: string, rest = ''): string => `
  with waiting as materialized (
    select pid, pg_blocking_pids(pid) as by
      from pg_stat_activity
     where wait_event_type = 'Lock'
  ), holding as materialized (
    select distinct pid
      from pg_locks
     where granted and locktype <> 'virtualxid' and pid is not null
  )
  select s.pid,
         ${exact('s.backend_start')} as "backendStart",
         s.usename::text as "user",
         coalesce(r.rolsuper, false) as "isSuperuser",
         coalesce(s.application_name, '') as application,
         host(s.client_addr) as "clientAddress",
         s.datname::text as database,
         s.backend_type as "backendType",
         s.state,
         ${exact('s.xact_start')} as "xactStart",
         ${exact('s.query_start')} as "queryStart",
         ${exact('s.state_change')} as "stateChange",
         ${age('s.xact_start')} as "xactAgeSeconds",
         ${age('s.query_start')} as "queryAgeSeconds",
         ${age('s.state_change')} as "stateAgeSeconds",
         case when s.wait_event_type <> 'Client' then s.wait_event_type || ': ' || s.wait_event end as "waitsFor",
         exists (select from holding h where h.pid = s.pid) as "holdsLocks",
         coalesce((select w.by from waiting w where w.pid = s.pid), '{}') as "blockedBy",
         coalesce((select array_agg(w.pid order by w.pid) from waiting w where s.pid = any(w.by)), '{}') as blocks,
         coalesce(s.query, '') as query,
         octet_length(s.query) >= pg_size_bytes(current_setting('track_activity_query_size')) - 4 as "isCut",
         s.pid = pg_backend_pid() or s.application_name ~ '^muster($|-)' as "isOurs"
    from pg_stat_activity s
    left join pg_roles r on r.oid = s.usesysid
   where ${where}
   ${rest}`;

/** $1: the most rows. */
export const everySessionQuery = sessionsQuery(
  's.backend_start is not null',
  'order by s.backend_start, s.pid limit $1',
);

const same = 's.pid = $1 and s.backend_start = $2::timestamptz';

/** $1 and $2: pid and start of the backend. */
export const oneSessionQuery = sessionsQuery(same);

const meant = `
       ${same} and s.usename = $3 and s.backend_type = 'client backend' and s.pid <> pg_backend_pid()
       and ($4::timestamptz is null or s.query_start = $4::timestamptz)
       and ($5::timestamptz is null or s.xact_start = $5::timestamptz)`;

const signalQuery = (call: string, where: string): string => `
  select coalesce(r.rolsuper, false) as "isSuperuser",
         case when not coalesce(r.rolsuper, false) then ${call} end as sent
    from pg_stat_activity s
    left join pg_roles r on r.oid = s.usesysid
   where ${where}`;

/**
 * No row: it is gone, is another one's by now, or does something else. A superuser's backend is looked at and not
 * touched: asking for it would be an error. $1 to $3: pid, start and user; $4 and $5: start of statement and transaction.
 */
export const signalQueries: Record<'cancel' | 'terminate', string> = {
  cancel: signalQuery('pg_cancel_backend(s.pid)', `${meant} and s.state = 'active' and $4 is not null`),
  terminate: signalQuery('pg_terminate_backend(s.pid, 1000)', meant),
};

/** $1 to $3: pid, start of the backend and of the statement. A row while that statement runs. */
export const stillRunsQuery = `
  select 1 from pg_stat_activity s where ${same} and s.state = 'active' and s.query_start = $3::timestamptz`;
