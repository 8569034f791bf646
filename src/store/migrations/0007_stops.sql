-- Why the switch was pulled. The table audit keeps every stop and lifting, with its reason in the detail.
alter table stop_switch add column reason text;

create index audit_of_stops on audit (id) where act in ('stop changes', 'allow changes');
