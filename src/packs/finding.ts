/** What `muster check` reports: a fault stops the CI that runs it, a warning only speaks. */
import type { Fault, FieldPath } from './fault.ts';
import type { Sourced } from './read-yaml.ts';

export interface Finding extends Fault {
  level: 'fault' | 'warning';
}

type Place = (path: FieldPath, message: string) => Finding;

/** The two ways to complain about a field of one document. */
export interface Judge {
  failing: Place;
  warning: Place;
}

export const judgeOf = ({ fault }: Sourced<unknown>): Judge => ({
  failing: (path, message) => ({ ...fault(path, message), level: 'fault' }),
  warning: (path, message) => ({ ...fault(path, message), level: 'warning' }),
});
