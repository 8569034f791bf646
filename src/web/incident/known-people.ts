import type { IncidentView, TimelineItem } from '../../schema/incident.ts';
import type { Me, OnCall } from '../server/shapes.ts';

/** Everybody this incident or the rota has named, for suggestions: id and name, each once. */
export const knownPeople = (from: {
  view: IncidentView;
  timeline: readonly TimelineItem[];
  onCall: OnCall | null;
  me: Me | null;
}): { value: string; label: string }[] => {
  const people = new Map<string, string>();
  for (const duty of from.onCall?.duties ?? []) for (const person of duty.people) people.set(person.id, person.name);
  for (const person of from.onCall?.people ?? []) people.set(person.id, person.name);
  for (const holder of Object.values(from.view.roles)) if (holder) people.set(holder.person, holder.name);
  for (const entry of from.timeline) if (entry.actor.kind === 'person') people.set(entry.actor.id, entry.actor.name);
  if (from.me) people.set(from.me.person.id, from.me.person.name);
  return [...people].map(([value, label]) => ({ value, label }));
};
