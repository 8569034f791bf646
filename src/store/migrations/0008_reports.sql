-- What customers say, one row per ticket or word of somebody; counted by pattern.
create table report (
  id            bigint generated always as identity primary key,
  delivery      text not null references delivery (id),
  pattern       text not null,
  -- The keys are folded: case and spaces do not make two of one.
  pattern_key   text not null,
  service       text,
  customer      text,
  customer_key  text,
  enterprise    boolean not null,
  ticket        text,
  ticket_key    text unique,
  text          text,
  -- Never later than received_at.
  reported_at   timestamptz not null,
  received_at   timestamptz not null,
  reported_by   text not null,
  incident_id   text references incident (id),
  -- Why it was only recorded; null when it made an incident or joined its own.
  because       text
);

create index report_of_pattern on report (pattern_key, service, reported_at);
create index report_of_delivery on report (delivery);
