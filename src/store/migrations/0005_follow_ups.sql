create table follow_up (
  incident_id  text primary key,
  closed_at    timestamptz,
  version      integer not null,
  view         jsonb not null
);

create table postmortem (
  incident_id  text primary key,
  markdown     text not null,
  drafted_at   timestamptz not null
);
