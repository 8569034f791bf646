create table remediation (
  id           text primary key,
  incident_id  text not null,
  status       text not null,
  action       text not null,
  target_key   text not null,
  started_at   timestamptz not null,
  ended_at     timestamptz,
  version      integer not null,
  view         jsonb not null
);

create index remediation_of_incident on remediation (incident_id, started_at);

create table evidence (
  incident_id  text primary key,
  gathered_at  timestamptz not null,
  evidence     jsonb not null
);

-- Template hashes that were rolled back from on a target.
create table bad_revision (
  target_key   text not null,
  hash         text not null,
  incident_id  text not null,
  marked_at    timestamptz not null default now(),
  primary key (target_key, hash)
);

-- The kill switch: a row that says stopped, for a scope or for `global`, forbids every change.
create table stop_switch (
  scope       text primary key,
  stopped     boolean not null,
  set_by      text not null,
  set_at      timestamptz not null default now()
);

-- Who did what that no timeline shows. Rows are added, never changed.
create table audit (
  id       bigint generated always as identity primary key,
  at       timestamptz not null default now(),
  actor    text not null,
  act      text not null,
  subject  text not null,
  detail   jsonb not null
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name;
end $$;

create trigger audit_is_append_only before update or delete on audit for each row execute function refuse_change();
create trigger audit_is_never_emptied before truncate on audit execute function refuse_change();
