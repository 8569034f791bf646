/** What a pack must satisfy beyond its shape: names that exist, rules that can hold, words that can be filled. */
import type { Condition, MessageName, PackDocument } from '../schema/policy.ts';
import { severityFaults } from './check-severity.ts';
import { type Fault, type FieldPath, unknownName } from './fault.ts';
import { templateFaults } from './message-facts.ts';
import type { Sourced } from './read-yaml.ts';

/** Roles of a person in the organisation, and the one an incident gives. */
const approverRoles = ['viewer', 'responder', 'commander', 'admin'];
const roomParts = ['date', 'time', 'slug', 'id'];
const idParts = ['year', 'date', 'time', 'number'];

/** Every fault of one pack taken alone. */
export const packFaults = ({ value: pack, fault }: Sourced<PackDocument>): Fault[] => {
  const names = Object.keys(pack.severities);
  return [
    ...(names.length === 0 ? [fault(['severities'], 'a pack needs at least one severity')] : []),
    ...rankFaults(pack, fault),
    ...Object.entries(pack.severities).flatMap(([name, policy]) =>
      severityFaults(pack, ['severities', name], policy, fault),
    ),
    ...namedSeverities(pack).flatMap(({ path, name }) =>
      names.includes(name) ? [] : [fault(path, unknownName('severity of this pack', name, names))],
    ),
    ...Object.keys(pack.severityLabels.map).flatMap((label) =>
      label === label.toLowerCase()
        ? []
        : [fault(['severityLabels', 'map', label], 'monitors are compared in lower case; write the word so')],
    ),
    ...ruleFaults(pack, fault),
    ...assessmentFaults(pack, fault),
    ...pack.remediation.approval.roles.flatMap((role, index) =>
      approverRoles.includes(role)
        ? []
        : [fault(['remediation', 'approval', 'roles', index], unknownName('role', role, approverRoles))],
    ),
    ...verifyFaults(pack, fault),
    ...nameFaults(pack, fault),
    ...reviewFormatFaults(pack, fault),
    ...targetFaults(pack, fault),
    ...Object.entries(pack.messages).flatMap(([name, template = '']) =>
      templateFaults(name as MessageName, template, pack.publicMay).map((message) =>
        fault(['messages', name], message),
      ),
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

/** Every place outside of `severities` that speaks of one. */
const namedSeverities = (pack: PackDocument): { path: FieldPath; name: string }[] => [
  ...Object.entries(pack.severityLabels.map).map(([label, name]) => ({ path: ['severityLabels', 'map', label], name })),
  { path: ['severityLabels', 'otherwise'], name: pack.severityLabels.otherwise },
  ...pack.rules.map(({ severity }, index) => ({ path: ['rules', index, 'severity'], name: severity })),
  ...pack.adjustments.flatMap(({ atLeast }, index) =>
    atLeast === undefined ? [] : [{ path: ['adjustments', index, 'atLeast'], name: atLeast }],
  ),
  ...Object.keys(pack.customers ?? {}).map((name) => ({ path: ['customers', name], name })),
  ...(pack.targets?.figures ?? []).flatMap(({ severities = [] }, index) =>
    severities.map((name, position) => ({ path: ['targets', 'figures', index, 'severities', position], name })),
  ),
];

const ruleFaults = (pack: PackDocument, fault: PlaceFault): Fault[] => {
  const all = (['rules', 'adjustments', 'ignore'] as const).flatMap((list) =>
    pack[list].map(({ id, when }, index) => ({ id, when, path: [list, index] as FieldPath })),
  );
  const known = pack.rules.map((rule) => rule.id);
  return [
    ...all.flatMap(({ id, when, path }, index) => [
      ...(all.findIndex((other) => other.id === id) < index
        ? [fault([...path, 'id'], `another rule is called "${id}" too; "why" could not tell them apart: rename one`)]
        : []),
      ...when.flatMap((condition, position) =>
        cannotHold(condition)
          ? [fault([...path, 'when', position], 'no figure satisfies all of these bounds; correct one of them')]
          : [],
      ),
    ]),
    ...pack.ignore.flatMap((rule, index) =>
      rule.overrules.flatMap((id, position) =>
        known.includes(id)
          ? []
          : [fault(['ignore', index, 'overrules', position], unknownName('severity rule of this pack', id, known))],
      ),
    ),
  ];
};

const cannotHold = ({ above, atLeast, below, atMost }: Condition): boolean => {
  const least = Math.max(above ?? Number.NEGATIVE_INFINITY, atLeast ?? Number.NEGATIVE_INFINITY);
  const most = Math.min(below ?? Number.POSITIVE_INFINITY, atMost ?? Number.POSITIVE_INFINITY);
  return least > most || (least === most && (above === least || below === most));
};

const assessmentFaults = ({ assessment }: PackDocument, fault: PlaceFault): Fault[] =>
  assessment.flatMap(({ signal }, index) =>
    assessment.findIndex((other) => other.signal === signal) < index
      ? [fault(['assessment', index, 'signal'], `"${signal}" is asked twice; remove one of the questions`)]
      : [],
  );

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

const nameFaults = ({ room, incidentId }: PackDocument, fault: PlaceFault): Fault[] => [
  ...unknownParts(incidentId, idParts).map((part) =>
    fault(['incidentId'], unknownName('part of an incident id', part, idParts)),
  ),
  ...unknownParts(room.name, roomParts).map((part) =>
    fault(['room', 'name'], unknownName('part of a room name', part, roomParts)),
  ),
  ...(room.name.includes('{')
    ? []
    : [fault(['room', 'name'], 'two incidents would share this room; add {slug} or {id}')]),
];

const unknownParts = (pattern: string, known: readonly string[]): string[] =>
  [...pattern.matchAll(/\{([^}]*)\}/g)].map(([, part = '']) => part).filter((part) => !known.includes(part));

const reviewFormatFaults = ({ reviewFormat }: PackDocument, fault: PlaceFault): Fault[] => {
  if (!reviewFormat) return [];
  const { least, most } = reviewFormat.lengthMinutes;
  const agendaMinutes = reviewFormat.agenda.reduce((sum, { minutes }) => sum + minutes, 0);
  return [
    ...(least > most ? [fault(['reviewFormat', 'lengthMinutes', 'most'], 'must not be shorter than "least"')] : []),
    ...(least <= most && agendaMinutes > most
      ? [fault(['reviewFormat', 'agenda'], `takes ${agendaMinutes} minutes, the review at most ${most}; shorten it`)]
      : []),
  ];
};

/** A share is compared with a ratio, a time with a duration. */
const targetFaults = ({ targets }: PackDocument, fault: PlaceFault): Fault[] =>
  (targets?.figures ?? []).flatMap(({ figure, below, belowRatio, trend }, index) => {
    const path = ['targets', 'figures', index];
    const isRatio = figure === 'escalationRate';
    if (below === undefined && belowRatio === undefined && trend === undefined) {
      return [fault(path, 'compares with nothing; give below, belowRatio or trend')];
    }
    return [
      ...(isRatio && below !== undefined ? [fault([...path, 'below'], 'a share; give belowRatio such as 0.1')] : []),
      ...(!isRatio && belowRatio !== undefined
        ? [fault([...path, 'belowRatio'], 'a time; give below such as 15m')]
        : []),
    ];
  });
