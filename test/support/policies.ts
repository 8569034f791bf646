/** Policies for tests: what comes with Muster, and ones of your own that say only what matters. */

import type { ModeQuestion } from '../../src/domain/remediation/mode.ts';
import { loadRemediationPolicies, parseRemediationPolicy } from '../../src/packs/remediation-load.ts';
import type { RemediationPolicy } from '../../src/schema/remediation-policy.ts';

export const builtIn = loadRemediationPolicies();

/** `spec` as YAML in flow style: `modes: { B1: auto }`. */
export const ownPolicy = (name: string, ...spec: string[]): RemediationPolicy =>
  parseRemediationPolicy(
    [
      'apiVersion: muster.dev/v1',
      'kind: RemediationPolicy',
      `metadata: { name: ${name} }`,
      spec.length > 0 ? 'spec:' : 'spec: {}',
      ...spec.map((line) => `  ${line}`),
    ].join('\n'),
  );

/** A roll-back of checkout in production, by a runbook that came with Muster. */
export const question = (more: Partial<ModeQuestion> = {}): ModeQuestion => ({
  blastClass: 'B2',
  environment: 'production',
  cluster: 'blue',
  namespace: 'shop',
  service: 'checkout',
  runbook: { name: 'bad-release', version: 3, builtIn: true },
  standing: null,
  dataSuspicion: false,
  drill: false,
  ...more,
});
