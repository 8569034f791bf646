/**
 * Stand-ins for the endpoints of the organisation, one per name: `/endpoints/<name>/...`. What the catalogue says of its
 * switches is what they serve; beside it each speaks Argo CD's API for the sandbox's one application.
 */
import { type ArgoApp, handleArgo, isArgoPath, seedApps } from './argo-cd.ts';
import { handleSwitches, type SwitchLife } from './switches.ts';
import { answer, type SandboxAnswer, type SandboxRequest } from './wire.ts';
import type { World } from './world.ts';

export interface EndpointsState {
  /** By `<endpoint>/<switch>`; absent until it is first asked for. */
  switches: Record<string, SwitchLife>;
  apps: ArgoApp[];
  /** Rights that are withheld: `PUT` and the like for switches, `sync`, `update` and `get` for applications. */
  denied: string[];
}

export const seedEndpoints = (nowMs: number): EndpointsState => ({ switches: {}, apps: seedApps(nowMs), denied: [] });

export const handleEndpoints = (world: World, token: string, request: SandboxRequest): SandboxAnswer => {
  const [, name = '', ...rest] = request.path.split('/');
  const entry = Object.hasOwn(world.organisation.endpoints, name) ? world.organisation.endpoints[name] : undefined;
  if (!entry) return answer(404, { message: `the sandbox has no endpoint ${name}` });
  const header = entry.header.toLowerCase();
  const wanted = header === 'authorization' ? `Bearer ${token}` : token;
  if (request.headers[header] !== wanted) return answer(401, { message: 'the token is not valid' });
  const inner = { ...request, path: `/${rest.join('/')}` };
  return isArgoPath(inner.path) ? handleArgo(world, inner) : handleSwitches(world, name, inner);
};
