import { Bug } from '../../src/domain/errors.ts';
import type { Action } from './action.ts';
import { argoCdRollBack } from './argo-cd-roll-back.ts';
import { cancelQuery } from './cancel-query.ts';
import { cordonNode } from './cordon-node.ts';
import { drainNode } from './drain-node.ts';
import { evictPod } from './evict-pod.ts';
import { httpSwitch } from './http-switch.ts';
import { restartWorkload } from './restart-workload.ts';
import { rollBackDaemonSet } from './roll-back-daemonset.ts';
import { rollBackDeployment } from './roll-back-deployment.ts';
import { rollBackStatefulSet } from './roll-back-statefulset.ts';
import { scaleWorkload } from './scale-workload.ts';
import { setConfigMapKey } from './set-configmap-key.ts';
import { setResources } from './set-resources.ts';
import { switchServiceSelector } from './switch-service-selector.ts';
import { terminateSession } from './terminate-session.ts';

/** Every action there is: one line each. Two of one name stop the process at its start. */
export const actions: ReadonlyMap<string, Action> = byName([
  rollBackDeployment,
  rollBackStatefulSet,
  rollBackDaemonSet,
  scaleWorkload,
  restartWorkload,
  setResources,
  evictPod,
  cordonNode,
  drainNode,
  switchServiceSelector,
  setConfigMapKey,
  httpSwitch,
  argoCdRollBack,
  cancelQuery,
  terminateSession,
]);

function byName(list: Action[]): Map<string, Action> {
  const found = new Map<string, Action>();
  for (const action of list) {
    if (found.has(action.name)) throw new Bug(`two actions are called ${action.name}`);
    found.set(action.name, action);
  }
  return found;
}
