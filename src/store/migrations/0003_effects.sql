-- The ledger of changes in the outside world: written before the act, so that a second attempt looks before it acts.
-- No reference to incident: an effect is recorded even when the incident's own row could not be.

create table effect (
  key          text primary key,
  incident_id  text not null,
  kind         text not null,
  status       text not null,
  reference    text,
  detail       jsonb,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now()
);

create index effect_of_incident on effect (incident_id, created_at);
create index effect_by_dedup_key on effect ((detail ->> 'dedupKey')) where detail ? 'dedupKey';
