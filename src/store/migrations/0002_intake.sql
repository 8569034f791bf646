-- What was received, what it was taken for, and what Temporal must still be told.

create table delivery (
  id           text primary key,
  source       text not null,
  delivery_id  text,
  body_hash    text not null,
  received_at  timestamptz not null,
  body         text not null,
  note         text,
  incidents    text[] not null default '{}'
);

create unique index delivery_once on delivery (source, delivery_id) where delivery_id is not null;
create index delivery_by_body on delivery (source, body_hash, received_at desc);

-- Members of a delivery that could not be understood; the rest of it was accepted.
create table quarantine (
  id           bigint generated always as identity primary key,
  delivery     text not null references delivery (id),
  reason       text not null,
  excerpt      text not null
);

-- One row per episode of a problem; exact repeats only count.
create table alert (
  source         text not null,
  fingerprint    text not null,
  -- The monitor's own text for the start: it names the episode and is never computed with.
  starts_at      text not null,
  status         text not null,
  incident_id    text references incident (id),
  -- Why nothing was opened; null when it belongs to an incident.
  ignored_because text,
  alert          jsonb not null,
  times          integer not null default 1,
  position       bigint generated always as identity,
  first_seen_at  timestamptz not null default now(),
  last_seen_at   timestamptz not null default now(),
  primary key (source, fingerprint, starts_at)
);

create index alert_of_incident on alert (incident_id, position);

-- Starts and signals for Temporal, in order per incident. A row leaves when Temporal has it.
create table outbox (
  position     bigint generated always as identity primary key,
  incident_id  text not null,
  kind         text not null,
  payload      jsonb not null,
  created_at   timestamptz not null default now(),
  attempts     integer not null default 0,
  -- Nobody else takes the row before this moment: a claim, or the pause after a failure.
  not_before   timestamptz not null default '-infinity',
  last_error   text
);

create index outbox_of_incident on outbox (incident_id, position);

create table drill (
  id           text primary key,
  scenario     text not null,
  pack         text,
  severity     text,
  speed        double precision not null,
  created_at   timestamptz not null,
  incident_id  text
);

-- A single row, rewritten to prove that a commit reaches the disk.
create table readiness (
  only_row    boolean primary key default true check (only_row),
  checked_at  timestamptz not null default now()
);
