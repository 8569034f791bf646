-- One row per remediation that was given leave to act: what the limits count.
create table remediation_claim (
  remediation_id  text primary key,
  incident_id     text not null,
  target_key      text not null,
  -- Null: a person proposed the action by hand.
  runbook         text,
  cluster         text not null,
  drill           boolean not null,
  claimed_at      timestamptz not null
);

create index remediation_claim_by_time on remediation_claim (drill, claimed_at);

-- A runbook whose help does not last: for its target it only recommends itself until then.
create table remediation_breaker (
  runbook     text not null,
  target_key  text not null,
  drill       boolean not null,
  opened_at   timestamptz not null,
  until       timestamptz not null,
  because     text not null,
  primary key (runbook, target_key, drill)
);

-- How each run of a runbook ended: the ground on which a person trusts it or not. Rows are added, never changed.
create table remediation_result (
  remediation_id  text primary key,
  position        bigint generated always as identity,
  incident_id     text not null,
  runbook         text not null,
  version         integer not null,
  action          text not null,
  environment     text not null,
  -- What was wrong, in one word such as CrashLoopBackOff; empty where nothing said so.
  signature       text not null,
  outcome         text not null,
  drill           boolean not null,
  ended_at        timestamptz not null
);

create index remediation_result_of_runbook on remediation_result (runbook, version, position);

create trigger remediation_result_is_append_only before update or delete on remediation_result
  for each row execute function refuse_change();
create trigger remediation_result_is_never_emptied before truncate on remediation_result
  execute function refuse_change();
