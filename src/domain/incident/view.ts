import type { IncidentView } from '../../schema/incident.ts';
import { instant } from '../duration.ts';
import { deadlinesOf, publicDeadline } from './deadlines.ts';
import { type IncidentState, type Rules, severityPolicy } from './state.ts';

/** What everybody may know, with all deadlines. */
export const viewOf = (state: IncidentState, rules: Rules): IncidentView => ({
  id: state.id,
  workflowId: state.workflowId,
  title: state.title,
  summary: state.summary,
  pack: state.pack,
  severity: state.severity,
  rank: severityPolicy(state, rules).rank,
  status: state.status,
  service: state.service,
  team: state.team,
  drill: state.drill,
  speed: state.speed,
  declaredAt: instant(state.declaredAt),
  declaredBy: state.declaredBy,
  acknowledgedAt: state.acknowledged ? instant(state.acknowledged.at) : null,
  acknowledgedBy: state.acknowledged?.by ?? null,
  mitigatedAt: state.mitigatedAt === null ? null : instant(state.mitigatedAt),
  resolvedAt: state.resolvedAt === null ? null : instant(state.resolvedAt),
  closedAt: null,
  roles: state.roles,
  ...(state.offers ? { offers: state.offers } : {}),
  minimumRoles: severityPolicy(state, rules).roles.minimum,
  deadlines: deadlinesOf(state, rules).map(publicDeadline),
  updates: {
    internal: promiseView(state.updates.internal),
    public: promiseView(state.updates.public),
  },
  room: state.room,
  publicUrl: state.publicUrl,
  alertsFiring: Object.values(state.alerts).filter((alert) => alert.status === 'firing').length,
  cause: state.cause,
  continues: state.continues,
  version: state.version,
});

const promiseView = ({ dueAt, kept, broken }: { dueAt: number | null; kept: number; broken: number }) => ({
  dueAt: dueAt === null ? null : instant(dueAt),
  kept,
  broken,
});
