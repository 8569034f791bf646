/** Where a plan stands at its target, request by request, from fresh reads alone. */
import { Context } from '@temporalio/activity';
import type { Observed, Plan, Request } from '../../src/schema/remediation.ts';
import type { Action, ActionContext, Step } from '../actions/action.ts';
import { systemOf } from '../systems/index.ts';

export interface Standing {
  whole: Observed;
  /** Still to be sent, in the plan's order. */
  pending: Request[];
  /** Some of it shows at the target. */
  begun: boolean;
}

export const observe = async (context: ActionContext, action: Action, step: Step): Promise<Standing> => {
  const seen: Observed[] = [];
  for (const request of step.requests) {
    // A node has a hundred pods, and each is looked for by itself.
    Context.current().heartbeat();
    seen.push(await observeOne(context, action, step, request));
  }
  return {
    whole: wholeOf(seen),
    pending: step.requests.filter((_, at) => seen[at] === 'pending'),
    begun: seen.includes('applied'),
  };
};

const observeOne = async (context: ActionContext, action: Action, step: Step, request: Request): Promise<Observed> => {
  const fresh = await systemOf(request).look(context, request);
  if (fresh === undefined) return 'unknown';
  return fresh === null ? (action.absent?.(step, request) ?? 'gone') : action.observe(fresh, step, request);
};

/** What can no longer be as planned outweighs what is still to do, and that outweighs what is done. */
const wholeOf = (seen: Observed[]): Observed => {
  for (const one of ['superseded', 'gone', 'unknown', 'pending', 'applied'] as const)
    if (seen.includes(one)) return one;
  return 'superseded';
};

export const departed = (observed: Observed, { target }: Pick<Plan, 'target'>): ['superseded' | 'gone', string] => {
  if (observed === 'gone') return ['gone', `${target.name} is not there any more, or is another one of the same name`];
  if (observed === 'pending')
    return ['superseded', `${target.name} was changed as planned, and somebody has changed it back since`];
  return ['superseded', `somebody changed ${target.name} after the plan was made; nothing was touched`];
};
