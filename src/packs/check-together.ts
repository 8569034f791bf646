/** Faults that show only when pack and organisation meet: the pack asks for what is not there. */
import type { Organisation } from '../schema/organisation.ts';
import type { Notice, PackDocument } from '../schema/policy.ts';
import { type Fault, type FieldPath, unknownName } from './fault.ts';
import type { Sourced } from './read-yaml.ts';

const personPrefix = 'person:';

/** They stand in the pack, on the line that asks. */
export const togetherFaults = ({ value: pack, fault }: Sourced<PackDocument>, organisation: Organisation): Fault[] => {
  const duties = [...new Set(Object.keys(organisation.duties).map((duty) => duty.split('/').at(-1) ?? duty))];
  const known = (kind: string, names: readonly string[]) => (path: FieldPath, name: string) =>
    names.includes(name) ? [] : [fault(path, unknownName(`${kind} of the organisation`, name, names))];
  const person = known('person', Object.keys(organisation.people));
  const group = known('group', Object.keys(organisation.groups));
  const team = known('team', Object.keys(organisation.teams));
  const duty = (path: FieldPath, name: string) =>
    name.startsWith(personPrefix) ? person(path, name.slice(personPrefix.length)) : known('duty', duties)(path, name);

  const noticeFaults = (path: FieldPath, { to, via, otherwisePage }: Notice): Fault[] => [
    ...(via === 'direct' ? duty(path, to) : group(path, to)),
    ...(otherwisePage === null ? [] : duty([...path, 'otherwisePage'], otherwisePage)),
    ...(via === 'ticket' && organisation.tickets === undefined
      ? [fault(path, 'the organisation opens no tickets; give tickets.address in organisation.yaml')]
      : []),
  ];
  return [
    ...Object.entries(pack.severities).flatMap(([name, policy]) => [
      ...policy.ladder.flatMap((step, index) => duty(['severities', name, 'ladder', index, 'page'], step.page)),
      ...policy.notify.flatMap((notice, index) => noticeFaults(['severities', name, 'notify', index], notice)),
    ]),
    ...(pack.declaredBy ?? []).flatMap((name, index) => duty(['declaredBy', index], name)),
    ...Object.entries(pack.routing).flatMap(([category, name]) => team(['routing', category], name)),
    ...(pack.room.conference && organisation.conference === undefined
      ? [fault(['room', 'conference'], 'the organisation has no video link; give conference in organisation.yaml')]
      : []),
  ];
};
