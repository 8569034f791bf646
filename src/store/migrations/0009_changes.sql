-- The ledger of changes: what was changed, where, when and by whom. Rows are added, never changed.
create table change (
  id           bigint generated always as identity primary key,
  at           timestamptz not null,
  recorded_at  timestamptz not null default now(),
  kind         text not null,
  -- What it amounts to: an action of Muster is an image, a scale ... by what it does.
  weighs_as    text not null,
  what         text not null,
  made_by      text,
  author       text,
  source       text not null,
  target       jsonb,
  service      text,
  environment  text,
  commit_id    text,
  url          text,
  -- Short, without secrets; of Secrets and ConfigMaps only a salted digest.
  before       text,
  after        text,
  -- Workloads that it reaches beside its target.
  concerns     text[] not null default '{}',
  drill        boolean not null,
  dedup_key    text not null,
  unique (drill, dedup_key)
);

create index change_by_time on change (drill, at desc, id desc);
create index change_of_service on change (service, at desc) where service is not null;

create trigger change_is_append_only before update on change for each row execute function refuse_change();
create trigger change_is_never_emptied before truncate on change execute function refuse_change();

-- Old rows are given up; one that a diagnosis may still ask for is not, by nobody.
create function refuse_young_delete() returns trigger language plpgsql as $$
begin
  if old.at > now() - interval '1 day' then
    raise exception '% keeps what is younger than a day', tg_table_name;
  end if;
  return old;
end $$;
create trigger change_keeps_the_young before delete on change for each row execute function refuse_young_delete();

-- What the watcher saw last in one place, so that a restart neither loses nor repeats a change.
create table change_watch (
  cluster     text not null,
  -- Empty: the nodes of the cluster.
  namespace   text not null,
  drill       boolean not null,
  -- Grows with each look; of two workers that look at once only one may write.
  version     bigint not null,
  state       jsonb not null,
  -- What could not be read there.
  missing     text[] not null default '{}',
  looked_at   timestamptz not null,
  primary key (cluster, namespace, drill)
);

-- Digests of Secrets and ConfigMaps begin with it, so that a value cannot be guessed from its digest.
create table change_salt (
  only_row  boolean primary key default true check (only_row),
  salt      text not null
);
insert into change_salt (salt) values (gen_random_uuid()::text || gen_random_uuid()::text);
