/**
 * Who may do what: one line per route, and nothing is served that has no line. `public` needs no identity, `source` is
 * proven by the delivery itself (intake/receive.ts), everything else needs a person with at least that role.
 */

import { Bug, NotPermitted } from '../domain/errors.ts';
import { whyMayNotDecide } from '../domain/remediation/approval.ts';
import type { RemediationView } from '../schema/remediation.ts';
import type { Principal } from './auth.ts';

export type Role = 'viewer' | 'responder' | 'commander' | 'admin';
/** Several roles: any of them will do. `responder or source`: a person, or the token of the generic source. */
export type Permission = 'public' | 'source' | 'responder or source' | Role | readonly Role[];

export const permissions: Readonly<Record<string, Permission>> = {
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /metrics': 'public',
  'GET /openapi.json': 'public',
  'GET /': 'public',
  'GET /login': 'public',
  'GET /incidents/:id': 'public',
  'GET /approvals/:id': 'public',
  'GET /status': 'public',
  'GET /sandbox': 'public',
  'GET /runbooks': 'public',
  'GET /assets/*': 'public',
  'GET /favicon.svg': 'public',
  'GET /api/v1/status': 'public',
  'POST /api/v1/session': 'public',
  'DELETE /api/v1/session': 'public',
  'POST /webhooks/:source': 'source',
  'GET /api/v1/me': 'viewer',
  'GET /api/v1/people': 'viewer',
  'GET /api/v1/on-call': 'viewer',
  'GET /api/v1/overrides': 'viewer',
  'POST /api/v1/overrides': ['responder', 'admin'],
  'DELETE /api/v1/overrides/:id': ['responder', 'admin'],
  'GET /api/v1/shifts': 'viewer',
  // Whose shift it is, its workflow knows.
  'POST /api/v1/shifts/:schedule/note': 'responder',
  'POST /api/v1/shifts/:schedule/accept': 'responder',
  'GET /api/v1/health': 'viewer',
  'GET /api/v1/health-summary': 'viewer',
  'GET /api/v1/events': 'viewer',
  'GET /api/v1/incidents': 'viewer',
  'POST /api/v1/incidents': 'responder',
  'GET /api/v1/incidents/:id': 'viewer',
  'GET /api/v1/incidents/:id/timeline': 'viewer',
  'GET /api/v1/incidents/:id/next': 'viewer',
  'GET /api/v1/incidents/:id/why': 'viewer',
  'GET /api/v1/incidents/:id/evidence': 'viewer',
  'GET /api/v1/incidents/:id/postmortem': 'viewer',
  'GET /api/v1/incidents/:id/follow-up': 'viewer',
  'GET /api/v1/incidents/:id/events': 'viewer',
  'GET /api/v1/incidents/:id/policy': 'viewer',
  // Leaves a line on the timeline.
  'GET /api/v1/incidents/:id/policy/diff': 'responder',
  'POST /api/v1/incidents/:id/policy/apply': 'commander',
  'GET /api/v1/assessment': 'viewer',
  'GET /api/v1/incidents/:id/remediations': 'viewer',
  // Asks the remediation worker to read and to dry-run.
  'POST /api/v1/plans': 'responder',
  'GET /api/v1/trust': 'viewer',
  'GET /api/v1/runbooks': 'viewer',
  'GET /api/v1/stops': 'viewer',
  // Whoever responds may stop; starting again takes more.
  'POST /api/v1/stops': ['responder', 'admin'],
  'DELETE /api/v1/stops/:scope': ['commander', 'admin'],
  'GET /api/v1/reports': 'viewer',
  // A help desk's own automation sends them, too.
  'POST /api/v1/reports': 'responder or source',
  'GET /api/v1/changes': 'viewer',
  // Pipelines and flag services send them.
  'POST /api/v1/changes': 'responder or source',
  'POST /api/v1/incidents/:id/acknowledge': 'responder',
  'POST /api/v1/incidents/:id/escalate': 'responder',
  'POST /api/v1/incidents/:id/severity': 'responder',
  'POST /api/v1/incidents/:id/roles': 'responder',
  'POST /api/v1/incidents/:id/roles/offer': 'responder',
  'POST /api/v1/incidents/:id/roles/accept': 'responder',
  'POST /api/v1/incidents/:id/updates': 'responder',
  'POST /api/v1/incidents/:id/notes': 'responder',
  'POST /api/v1/incidents/:id/mitigate': 'responder',
  'POST /api/v1/incidents/:id/resolve': 'responder',
  'POST /api/v1/incidents/:id/reopen': 'responder',
  'POST /api/v1/incidents/:id/cancel': 'responder',
  'POST /api/v1/incidents/:id/remediations': 'responder',
  'POST /api/v1/incidents/:id/remediations/:rid/approve': 'responder',
  'POST /api/v1/incidents/:id/remediations/:rid/deny': 'responder',
  'POST /api/v1/incidents/:id/action-items': 'responder',
  'POST /api/v1/incidents/:id/action-items/:item/complete': 'responder',
  'POST /api/v1/drills': 'responder',
  'POST /api/v1/drill-schedules': 'commander',
  'GET /api/v1/drill-schedules': 'viewer',
  'DELETE /api/v1/drill-schedules/:id': 'commander',
  'GET /api/v1/drills/:id': 'viewer',
  'GET /api/v1/drills/:id/score': 'viewer',
};

/** Throws Bug for a route without a line, so that the process does not even start with one. */
export const permissionOf = (method: string, url: string): Permission => {
  const permission = permissions[`${method} ${url}`];
  if (!permission)
    throw new Bug(`the route ${method} ${url} has no line in src/api/permissions.ts; add who may use it`);
  return permission;
};

/** Whoever may do more may do less; `admin` configures and watches, and commands nothing by that alone. */
const includes: Record<Role, readonly Role[]> = {
  viewer: ['viewer', 'responder', 'commander', 'admin'],
  responder: ['responder', 'commander'],
  commander: ['commander'],
  admin: ['admin'],
};

export const may = (principal: Principal, role: Role | readonly Role[]): boolean =>
  [role].flat().some((one) => includes[one].some((sufficient) => principal.roles.includes(sufficient)));

/**
 * Throws NotPermitted unless the person may decide on this plan: by its blast class or, for B2, by a role the pack names
 * (an on-call responder, say). Denying is allowed to whom approving is, also to the proposer.
 */
export const checkDecision = (principal: Principal, view: RemediationView, verdict: 'approve' | 'deny'): void => {
  const asked = { ...view, blastClass: view.plan?.blastClass ?? ('B2' as const) };
  const objection = whyMayNotDecide(principal, asked, verdict === 'approve' ? 'approved' : 'denied');
  if (objection !== null) throw new NotPermitted(objection);
};

/** Whoever may change the shifts of other people; everybody else takes shifts over themselves. */
const schedulers: readonly Role[] = ['commander', 'admin'];

/** Throws NotPermitted unless the person takes the shift over themselves, or may do so for others. */
export const checkTakeOver = (principal: Principal, person: string): void => {
  if (person !== principal.id && !may(principal, schedulers)) {
    throw new NotPermitted(`you may put yourself on call, not ${person}; ask a commander or admin, or them to do it`);
  }
};

/** Throws NotPermitted unless the person made the override, or may change the shifts of others. */
export const checkRemoval = (principal: Principal, override: { id: string; by: string }): void => {
  if (override.by !== principal.id && !may(principal, schedulers)) {
    throw new NotPermitted(`override ${override.id} was made by ${override.by}; ask them, a commander or an admin`);
  }
};
