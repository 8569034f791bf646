/**
 * The protocol that every change of production follows, whatever the action: plan, guard, dry run - and, once approved,
 * observe, check everything again, send at most once, and prove what became of it by reading the target (run/).
 * Temporal retries these activities; no attempt trusts what an earlier one thought it did.
 */
import { createDiagnose } from './evidence/diagnose.ts';
import { translated } from './failure.ts';
import type { ApplyRequest, CheckRequest, PlanRequest, RemediationActivities, SettledRequest } from './index.ts';
import { apply } from './run/apply.ts';
import type { RemediationDependencies } from './run/context.ts';
import { plan } from './run/plan.ts';
import { sampleCheck } from './run/sample.ts';
import { settled } from './run/settle.ts';

/** Activities of task queue `muster-remediation`. Failures come out as Temporal understands them. */
export const createRemediationActivities = (dependencies: RemediationDependencies): RemediationActivities =>
  translated({
    diagnose: createDiagnose(dependencies),
    planRemediation: (request: PlanRequest) => plan(dependencies, request),
    applyRemediation: (request: ApplyRequest) => apply(dependencies, request),
    observeSettled: (request: SettledRequest) => settled(dependencies, request),
    sampleCheck: (request: CheckRequest) => sampleCheck(dependencies, request),
  });
