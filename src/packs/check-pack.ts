/** What a pack must satisfy beyond its shape: names that exist, ladders in order, promises that can be kept. */
import type { MessageName, PackDocument, SeverityPolicy } from '../schema/policy.ts';
import { type Fault, type FieldPath, unknownName } from './fault.ts';
import { templateFaults } from './message-facts.ts';
import type { Sourced } from './read-yaml.ts';

/** Roles of a person in the organisation, and the one an incident gives. */
const approverRoles = ['viewer', 'responder', 'commander', 'admin'];
const roomFacts = ['date', 'time', 'slug', 'id'];

/** Every fault of one pack taken alone. */
export const packFaults = ({ value: pack, fault }: Sourced<PackDocument>): Fault[] => {
  const names = Object.keys(pack.severities);
  const severity = (path: FieldPath, name: string): Fault[] =>
    names.includes(name) ? [] : [fault(path, unknownName('severity of this pack', name, names))];

  return [
    ...(names.length === 0 ? [fault(['severities'], 'a pack needs at least one severity')] : []),
    ...rankFaults(pack, fault),
    ...Object.entries(pack.severities).flatMap(([name, policy]) => severityFaults(['severities', name], policy, fault)),
    ...Object.entries(pack.severityLabels.map).flatMap(([label, name]) => [
      ...severity(['severityLabels', 'map', label], name),
      ...(label === label.toLowerCase()
        ? []
        : [fault(['severityLabels', 'map', label], 'monitors are compared in lower case; write the word so')]),
    ]),
    ...severity(['severityLabels', 'otherwise'], pack.severityLabels.otherwise),
    ...pack.rules.flatMap((rule, index) => severity(['rules', index, 'severity'], rule.severity)),
    ...ruleIdFaults(pack, fault),
    ...Object.keys(pack.customers ?? {}).flatMap((name) => severity(['customers', name], name)),
    ...pack.remediation.approval.roles.flatMap((role, index) =>
      approverRoles.includes(role)
        ? []
        : [fault(['remediation', 'approval', 'roles', index], unknownName('role', role, approverRoles))],
    ),
    ...verifyFaults(pack, fault),
    ...[...pack.room.name.matchAll(/\{([^}]*)\}/g)].flatMap(([, name = '']) =>
      roomFacts.includes(name) ? [] : [fault(['room', 'name'], unknownName('part of a room name', name, roomFacts))],
    ),
    ...(pack.room.name.includes('{')
      ? []
      : [fault(['room', 'name'], 'two incidents would share this room; add {slug} or {id}')]),
    ...Object.entries(pack.messages).flatMap(([name, template]) =>
      templateFaults(name as MessageName, template).map((message) => fault(['messages', name], message)),
    ),
  ];
};

type PlaceFault = Sourced<unknown>['fault'];

const rankFaults = (pack: PackDocument, fault: PlaceFault): Fault[] => {
  const entries = Object.entries(pack.severities);
  const ranks = entries.map(([, policy]) => policy.rank).sort((left, right) => left - right);
  const faults = entries.flatMap(([name, { rank }], index) => {
    const twin = entries.slice(0, index).find(([, other]) => other.rank === rank);
    return twin
      ? [fault(['severities', name, 'rank'], `${twin[0]} has rank ${rank} too; each severity needs its own`)]
      : [];
  });
  const gap = ranks.findIndex((rank, index) => rank !== index + 1);
  if (faults.length === 0 && gap >= 0) {
    faults.push(fault(['severities'], `ranks count from 1 without gaps; rank ${gap + 1} is missing`));
  }
  return faults;
};

const severityFaults = (path: FieldPath, policy: SeverityPolicy, fault: PlaceFault): Fault[] => {
  const faults: Fault[] = [];
  policy.ladder.forEach((step, index) => {
    const before = policy.ladder[index - 1];
    if (before && step.after < before.after) {
      faults.push(
        fault([...path, 'ladder', index, 'after'], 'earlier than the step above it; write the steps in order of time'),
      );
    }
    const twin = policy.ladder.findIndex(
      (other) => other.page === step.page && other.after === step.after && other.unless === step.unless,
    );
    if (twin < index)
      faults.push(fault([...path, 'ladder', index], `the same as step ${twin + 1}; keep one of the two`));
  });
  const { internal, public: open } = policy.updates;
  if (internal.every <= 0) faults.push(fault([...path, 'updates', 'internal', 'every'], 'must be longer than nothing'));
  if (internal.remindBefore >= internal.every) {
    faults.push(
      fault([...path, 'updates', 'internal', 'remindBefore'], 'must be shorter than the time between two updates'),
    );
  }
  if (open && open.every <= 0)
    faults.push(fault([...path, 'updates', 'public', 'every'], 'must be longer than nothing'));
  const roles = policy.roles.minimum;
  roles.forEach((role, index) => {
    if (roles.indexOf(role) < index)
      faults.push(fault([...path, 'roles', 'minimum', index], `${role} stands twice; remove one`));
  });
  policy.notify.forEach((group, index) => {
    if (policy.notify.indexOf(group) < index)
      faults.push(fault([...path, 'notify', index], `${group} stands twice; remove one`));
  });
  return faults;
};

const ruleIdFaults = (pack: PackDocument, fault: PlaceFault): Fault[] => {
  const ids = [
    ...pack.rules.map((rule, index) => ({ id: rule.id, path: ['rules', index, 'id'] as FieldPath })),
    ...pack.ignore.map((rule, index) => ({ id: rule.id, path: ['ignore', index, 'id'] as FieldPath })),
  ];
  const known = pack.rules.map((rule) => rule.id);
  return [
    ...ids.flatMap(({ id, path }, index) =>
      ids.findIndex((other) => other.id === id) < index
        ? [fault(path, `another rule is called "${id}" too; "why" could not tell them apart: rename one`)]
        : [],
    ),
    ...pack.ignore.flatMap((rule, index) =>
      rule.overrules.flatMap((id, position) =>
        known.includes(id)
          ? []
          : [fault(['ignore', index, 'overrules', position], unknownName('severity rule of this pack', id, known))],
      ),
    ),
  ];
};

const verifyFaults = (pack: PackDocument, fault: PlaceFault): Fault[] => {
  const { every, consecutiveSuccesses, giveUpAfter } = pack.remediation.verify;
  return giveUpAfter < every * consecutiveSuccesses
    ? [
        fault(
          ['remediation', 'verify', 'giveUpAfter'],
          `${consecutiveSuccesses} successes in a row need longer than this; give at least ${consecutiveSuccesses} times "every"`,
        ),
      ]
    : [];
};
