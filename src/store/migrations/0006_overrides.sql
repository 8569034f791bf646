-- Somebody else holds a schedule for a while. Rows are never deleted: a removal says who removed it and when.
create table schedule_override (
  id               bigint generated always as identity primary key,
  schedule         text not null,
  person           text not null,
  starts_at        timestamptz not null,
  ends_at          timestamptz not null,
  note             text,
  made_by          text not null,
  made_at          timestamptz not null default now(),
  idempotency_key  text unique,
  removed_by       text,
  removed_at       timestamptz,
  check (starts_at < ends_at)
);

create index schedule_override_by_end on schedule_override (ends_at) where removed_at is null;
