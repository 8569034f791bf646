/** What a runbook of your own names must exist in the organisation: services, switches, the duty that is paged. */
import type { Organisation } from '../schema/organisation.ts';
import type { RunbookDocument, TargetSource } from '../schema/runbook.ts';
import { type Fault, type FieldPath, unknownName } from './fault.ts';
import type { Sourced } from './read-yaml.ts';

export const runbookTogetherFaults = (
  { value: { spec }, fault }: Sourced<RunbookDocument>,
  { services, switches, duties }: Organisation,
): Fault[] => [
  ...(spec.match.services ?? []).flatMap((service, index) =>
    Object.hasOwn(services, service)
      ? []
      : [fault(['spec', 'match', 'services', index], unknownName('service', service, Object.keys(services)))],
  ),
  ...targetsOf(spec).flatMap(({ path, target }) =>
    target.from === 'switch' && target.name !== undefined && !Object.hasOwn(switches, target.name)
      ? [fault([...path, 'name'], unknownName('switch', target.name, Object.keys(switches)))]
      : [],
  ),
  ...(spec.stop && !dutiesOf(duties).includes(spec.stop.page)
    ? [fault(['spec', 'stop', 'page'], unknownName('duty', spec.stop.page, dutiesOf(duties)))]
    : []),
];

/** `shop/on-call` is the duty on-call of team shop. */
const dutiesOf = (duties: Organisation['duties']): string[] => [
  ...new Set(Object.keys(duties).map((duty) => duty.split('/').at(-1) ?? duty)),
];

const targetsOf = ({ target, steps }: RunbookDocument['spec']): { path: FieldPath; target: TargetSource }[] => [
  { path: ['spec', 'target'], target },
  ...steps.flatMap((step, index) =>
    step.target ? [{ path: ['spec', 'steps', index, 'target'], target: step.target }] : [],
  ),
];
