import { Bug } from '../../src/domain/errors.ts';
import type { Action } from './action.ts';
import { restartWorkload } from './restart-workload.ts';
import { rollBackDeployment } from './roll-back-deployment.ts';
import { scaleWorkload } from './scale-workload.ts';

/** Every action there is: one line each. Two of one name stop the process at its start. */
export const actions: ReadonlyMap<string, Action> = byName([rollBackDeployment, scaleWorkload, restartWorkload]);

function byName(list: Action[]): Map<string, Action> {
  const found = new Map<string, Action>();
  for (const action of list) {
    if (found.has(action.name)) throw new Bug(`two actions are called ${action.name}`);
    found.set(action.name, action);
  }
  return found;
}
