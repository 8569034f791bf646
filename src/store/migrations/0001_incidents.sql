-- What people work on, what happened, and the numbers of their ids.

create table incident (
  id               text primary key,
  workflow_id      text not null,
  status           text not null,
  pack             text not null,
  severity         text not null,
  rank             integer not null,
  service          text,
  drill            boolean not null,
  declared_at      timestamptz not null,
  resolved_at      timestamptz,
  closed_at        timestamptz,
  -- Alerts of this key attach to the incident while it is open.
  correlation_key  text not null,
  -- A second declaration with the same key is the first one.
  idempotency_key  text unique,
  version          integer not null,
  view             jsonb not null,
  -- Null only when the workflow reported before anybody declared.
  policy           jsonb,
  -- Highest number given to a timeline entry; changed under the row lock only.
  last_seq         integer not null default 0,
  changed_at       timestamptz not null default now()
);

create index incident_newest_first on incident (declared_at desc, id desc);
create index incident_by_status on incident (status, declared_at desc);
create index incident_changed on incident (changed_at);
create index incident_open on incident (correlation_key, declared_at desc)
  where status not in ('resolved', 'closed', 'cancelled');

create table timeline (
  incident_id  text not null references incident (id),
  seq          integer not null,
  -- The writer's own name of the entry: writing it twice is one entry.
  key          text not null,
  at           timestamptz not null,
  kind         text not null,
  actor        jsonb not null,
  text         text not null,
  why          text,
  public       boolean not null,
  primary key (incident_id, seq),
  unique (incident_id, key)
);

-- One row per name that is counted: `INC-2026-{number}`, or a full id whose clashes get -2, -3 ...
create table incident_number (
  name  text primary key,
  last  integer not null
);
