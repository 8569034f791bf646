/** What every bench of remediations hands to the activities, beside the system it is about. */
import { loadRemediationPolicies } from '../../src/packs/remediation-load.ts';

/** For tests of one system: reaching for any other is a fault. */
export const noOtherWays = {
  database: (name: string): never => {
    throw new Error(`the test knows no database ${name}`);
  },
  endpoint: (name: string): never => {
    throw new Error(`the test knows no endpoint ${name}`);
  },
};

/** No runbooks, the policies that come with Muster, and the clock of the machine. */
export const runParts = {
  library: { runbooks: [], evaluate: () => () => ({ known: false as const, missing: [] }), holds: () => null },
  policies: loadRemediationPolicies(),
  now: () => Date.now(),
};

/** Of a plan that Muster proposes without a runbook. */
export const byMuster = {
  proposedBy: { kind: 'muster' as const, id: 'muster', name: 'Muster' },
  runbook: null,
  circumstances: { emergency: null, takesBackChangeOf: null, dataSuspicion: false },
};
