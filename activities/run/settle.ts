import { Bug } from '../../src/domain/errors.ts';
import { Refused } from '../actions/action.ts';
import type { SettledRequest, SettledResult } from '../index.ts';
import { actionFor, contextOf, type RemediationDependencies } from './context.ts';
import { departed, observe } from './observe.ts';

/** Where the target is on its way; `observed` says whether it is still what we wrote. */
export const settled = async (
  dependencies: RemediationDependencies,
  request: SettledRequest,
): Promise<SettledResult> => {
  const { plan } = request;
  const step = request.revert ? plan.inverse : plan;
  if (!step) throw new Bug(`${plan.action} has nothing that takes it back, so that cannot settle`);
  const action = actionFor(plan.action, plan.target);
  const context = await contextOf(dependencies, plan.target, {
    incident: request.incident,
    runbook: null,
    action: plan.action,
    operationId: plan.operationId,
  });
  try {
    const { whole: observed } = await observe(context, action, step);
    // What nothing can read has only its own answer to go by, and that was a yes.
    if (observed !== 'applied' && observed !== 'unknown')
      return { state: 'superseded', finding: departed(observed, plan)[1], observed };
    return { ...(await action.settled(context, step)), observed };
  } catch (error) {
    if (error instanceof Refused) return { state: 'failed', finding: error.message, observed: 'applied' };
    throw error;
  }
};
