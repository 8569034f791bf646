/** What a remediation policy must satisfy beyond its shape: it may ask for more care than Muster does, never for less. */
import { environmentOf } from '../domain/remediation/mode-scope.ts';
import { isUntouchable } from '../domain/remediation/target.ts';
import type { Organisation } from '../schema/organisation.ts';
import {
  type ApprovalPolicy,
  type ChangingClass,
  changingClasses,
  type FreezeWindow,
  type RemediationPolicyDocument,
  type Selection,
} from '../schema/remediation-policy.ts';
import { isClock, zoneFaults } from './check-schedules.ts';
import { type Fault, type FieldPath, unknownName } from './fault.ts';
import { type Finding, judgeOf } from './finding.ts';
import type { Sourced } from './read-yaml.ts';

type PlaceFault = Sourced<unknown>['fault'];

/** Every fault of one policy taken alone. */
export const policyFaults = ({ value: { spec }, fault }: Sourced<RemediationPolicyDocument>): Fault[] => [
  ...selectionFaults(['spec', 'select'], spec.select, fault),
  ...modeFaults(spec, fault),
  ...changingClasses.flatMap((blastClass) => approvalFaults(blastClass, spec.approvals?.[blastClass], fault)),
  ...limitFaults(spec, fault),
  ...(spec.freeze ?? []).flatMap((window, index) => freezeFaults(spec, window, index, fault)),
];

const selectionFaults = (path: FieldPath, selection: Selection, fault: PlaceFault): Fault[] => [
  ...(selection.namespaces ?? []).flatMap((namespace, index) =>
    isUntouchable(namespace)
      ? [fault([...path, 'namespaces', index], `${namespace} is never changed by Muster; no policy can allow it`)]
      : [],
  ),
  ...(selection.exceptEnvironments ?? []).flatMap((name, index) =>
    selection.environments?.includes(name)
      ? [fault([...path, 'exceptEnvironments', index], `${name} is selected and left out; remove one of the two`)]
      : [],
  ),
];

type Spec = RemediationPolicyDocument['spec'];

const modeFaults = ({ modes = {} }: Spec, fault: PlaceFault): Fault[] => [
  ...(modes.B3 === 'auto'
    ? [fault(['spec', 'modes', 'B3'], 'a B3 change always needs the yes of two people; give approve or less')]
    : []),
  ...(modes.B4 === 'auto' || modes.B4 === 'approve'
    ? [fault(['spec', 'modes', 'B4'], 'a B4 change is never made by Muster; give recommend or less')]
    : []),
];

/** The least number of yeses, as src/domain/remediation/approval.ts asks for it in any case. */
const yesesAtLeast: Record<ChangingClass, number> = { B1: 1, B2: 1, B3: 2, B4: 2 };

const approvalFaults = (
  blastClass: ChangingClass,
  approval: ApprovalPolicy | undefined,
  fault: PlaceFault,
): Fault[] => {
  const path = ['spec', 'approvals', blastClass];
  const { count, roles = [], startWithin, timeout } = approval ?? {};
  const least = yesesAtLeast[blastClass];
  return [
    ...(count !== undefined && count < least
      ? [fault([...path, 'count'], `a ${blastClass} change needs the yes of ${least} people at least`)]
      : []),
    ...(least > 1 && roles.includes('responder')
      ? [
          fault(
            [...path, 'roles', roles.indexOf('responder')],
            `a ${blastClass} change is for commanders to approve; leave responder out`,
          ),
        ]
      : []),
    ...[
      { field: 'startWithin', time: startWithin },
      { field: 'timeout', time: timeout },
    ].flatMap(({ field, time }) =>
      time === 0
        ? [fault([...path, field], 'no time at all, so nothing could ever be approved; give such as 15m')]
        : [],
    ),
  ];
};

const limitFaults = ({ limits, flap }: Spec, fault: PlaceFault): Fault[] => {
  const { max, perDay } = limits?.perTarget ?? {};
  return [
    ...(max !== undefined && perDay !== undefined && perDay < max
      ? [fault(['spec', 'limits', 'perTarget', 'perDay'], `less than max (${max}) in one window; give at least ${max}`)]
      : []),
    ...(flap?.lookBack !== undefined && flap.within !== undefined && flap.lookBack < flap.within
      ? [fault(['spec', 'flap', 'lookBack'], 'shorter than within, so no return would ever be seen; give more')]
      : []),
  ];
};

const freezeFaults = (spec: Spec, window: FreezeWindow, index: number, fault: PlaceFault): Fault[] => {
  const path = ['spec', 'freeze', index];
  const { name, from, to, weekly, timezone, scope } = window;
  const isTwin = (spec.freeze ?? []).findIndex((other) => other.name === name) < index;
  const clocks = (weekly ?? []).flatMap((hours, at) =>
    (['from', 'to'] as const).flatMap((field) =>
      isClock(hours[field]) || (field === 'to' && hours[field] === '24:00')
        ? []
        : [fault([...path, 'weekly', at, field], 'not a time of day; give one such as 09:00')],
    ),
  );
  return [
    ...(isTwin ? [fault([...path, 'name'], `another window is called "${name}" too; rename one`)] : []),
    ...(!weekly && (from === undefined || to === undefined)
      ? [fault(path, 'this window never ends or begins; give from and to, or weekly hours')]
      : []),
    ...(from !== undefined && to !== undefined && Date.parse(to) <= Date.parse(from)
      ? [fault([...path, 'to'], 'the window ends before it begins; correct one of the two')]
      : []),
    ...(weekly && timezone === undefined
      ? [fault([...path, 'weekly'], 'by whose clock? give timezone, such as Europe/Berlin')]
      : []),
    ...(!weekly && timezone !== undefined
      ? [fault([...path, 'timezone'], 'instants carry their own zone; give weekly hours or remove this line')]
      : []),
    ...(timezone === undefined ? [] : zoneFaults([...path, 'timezone'], timezone, fault)),
    ...clocks,
    ...(scope ? selectionFaults([...path, 'scope'], scope, fault) : []),
  ];
};

/** What shows only beside the organisation: names it does not have. A policy for nothing would protect nothing. */
export const policyOrganisationFindings = (
  document: Sourced<RemediationPolicyDocument>,
  organisation: Organisation,
): Finding[] => {
  const { failing, warning } = judgeOf(document);
  const { spec } = document.value;
  const services = Object.values(organisation.services);
  const duties = [...new Set(Object.keys(organisation.duties).map((duty) => duty.split('/').at(-1) ?? duty))];
  const environments = [...new Set(services.map(environmentOf)), environmentOf(null)];
  const unknown = (place: typeof failing, kind: string, known: readonly string[]) => (path: FieldPath, name: string) =>
    known.includes(name) ? [] : [place(path, unknownName(kind, name, known))];
  const service = unknown(failing, 'service of the organisation', Object.keys(organisation.services));
  const duty = unknown(failing, 'duty of the organisation', duties);
  const environment = unknown(warning, 'environment of a service', environments);

  const ofSelection = (path: FieldPath, selection: Selection): Finding[] => [
    ...(selection.services ?? []).flatMap((name, index) => service([...path, 'services', index], name)),
    ...(['environments', 'exceptEnvironments'] as const).flatMap((field) =>
      (selection[field] ?? []).flatMap((name, index) => environment([...path, field, index], name)),
    ),
  ];
  const ofDuties = (path: FieldPath, names: readonly string[] = []): Finding[] =>
    names.flatMap((name, index) => duty([...path, 'duties', index], name));
  return [
    ...ofSelection(['spec', 'select'], spec.select),
    ...changingClasses.flatMap((blastClass) => {
      const path = ['spec', 'approvals', blastClass];
      const { duties: asked, onTimeout } = spec.approvals?.[blastClass] ?? {};
      return [
        ...ofDuties(path, asked),
        ...(typeof onTimeout === 'object' ? duty([...path, 'onTimeout', 'escalateTo'], onTimeout.escalateTo) : []),
      ];
    }),
    ...(spec.freeze ?? []).flatMap(({ scope, approvals }, index) => [
      ...(scope ? ofSelection(['spec', 'freeze', index, 'scope'], scope) : []),
      ...ofDuties(['spec', 'freeze', index, 'approvals'], approvals?.duties),
    ]),
  ];
};

export interface NamedRunbook {
  name: string;
  version: number;
}

/** Runbooks that a policy names and nobody has: it would hold for nothing, or vouch for nothing. */
export const policyRunbookFindings = (
  document: Sourced<RemediationPolicyDocument>,
  runbooks: readonly NamedRunbook[],
): Finding[] => {
  const { warning } = judgeOf(document);
  const { select, newRunbooks } = document.value.spec;
  const names = runbooks.map(({ name }) => name);
  const versions = ['built-in', ...runbooks.map(({ name, version }) => `${name}@${version}`)];
  return [
    ...(select.runbooks ?? []).flatMap((name, index) =>
      names.includes(name) ? [] : [warning(['spec', 'select', 'runbooks', index], unknownName('runbook', name, names))],
    ),
    ...(newRunbooks?.trusted ?? []).flatMap((version, index) =>
      versions.includes(version)
        ? []
        : [warning(['spec', 'newRunbooks', 'trusted', index], unknownName('version of a runbook', version, versions))],
    ),
  ];
};
