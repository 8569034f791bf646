import { Unavailable } from '../../../src/domain/errors.ts';
import type { NewChange } from '../../../src/schema/change.ts';
import type { Evidence } from '../../../src/schema/evidence.ts';
import type { RemediationView } from '../../../src/schema/remediation.ts';
import type {
  ChangeStore,
  EffectRow,
  EffectStore,
  LimitStore,
  RemediationStore,
  TrustStore,
} from '../../../src/store/store.ts';

export interface FakeStore {
  effects: EffectStore;
  remediations: RemediationStore;
  limits: LimitStore;
  trust: TrustStore;
  changes: Pick<ChangeStore, 'record' | 'around'>;
  overrides: { inForce(): Promise<[]> };
  intake: { alerts(): Promise<[]> };
  /** What Muster wrote of its own doing, by key. */
  changed: Map<string, NewChange>;
  rows: Map<string, EffectRow>;
  views: Map<string, RemediationView>;
  bad: Map<string, Set<string>>;
  stops: Set<string>;
  /** Set to make the kill switch unreadable. */
  away: { killSwitch: boolean };
  saved: Map<string, Evidence>;
}

/** Nothing was ever done, so nothing is exceeded: what limits do stands in their own tests. */
const unlimited: LimitStore = {
  counts: async () => ({
    target: { inWindow: 0, inDay: 0 },
    runbook: null,
    cluster: { inWindow: 0, running: 0 },
    total: { inWindow: 0 },
  }),
  claimBudget: async () => ({ granted: true, exceeded: [] }),
  recoveries: async () => [],
  openBreaker: async () => false,
  breaker: async () => null,
  openBreakers: async () => [],
  unwellServices: async () => [],
};
const untried: TrustStore = { recordResult: async () => true, outcomes: async () => [], results: async () => [] };

/** The store's port in memory, with the same promises: an applied effect stays applied. */
export const aStore = (): FakeStore => {
  const rows = new Map<string, EffectRow>();
  const views = new Map<string, RemediationView>();
  const bad = new Map<string, Set<string>>();
  const stops = new Set<string>();
  const saved = new Map<string, Evidence>();
  const away = { killSwitch: false };
  const changed = new Map<string, NewChange>();
  const changes: FakeStore['changes'] = {
    record: async (given) =>
      given.map((change) => {
        const isNew = !changed.has(change.dedupKey);
        if (isNew) changed.set(change.dedupKey, change);
        return { change: { ...change, id: change.dedupKey, recordedAt: change.at }, isNew };
      }),
    around: async () => [],
  };
  const effects: EffectStore = {
    async intend({ key, incidentId, kind, detail }) {
      const before = rows.get(key);
      if (before) return { row: { ...before }, isNew: false };
      const row: EffectRow = {
        key,
        incidentId,
        kind,
        status: 'intent',
        reference: null,
        detail,
        updatedAt: new Date().toISOString(),
      };
      rows.set(key, row);
      return { row: { ...row }, isNew: true };
    },
    async mark(key, status, reference, detail) {
      const row = rows.get(key);
      if (!row) throw new Error(`${key} was never intended`);
      if (row.status === 'applied' && status !== 'verified') return;
      rows.set(key, {
        ...row,
        status,
        reference: reference ?? row.reference,
        detail: detail === undefined ? row.detail : { ...(row.detail as object), ...(detail as object) },
        updatedAt: new Date().toISOString(),
      });
    },
    effect: async (key) => rows.get(key) ?? null,
    effects: async (incidentId) => [...rows.values()].filter((row) => row.incidentId === incidentId),
  };
  const remediations: RemediationStore = {
    recordRemediation: async (view) => void views.set(view.id, view),
    remediation: async (id) => views.get(id) ?? null,
    remediations: async (incidentId) => [...views.values()].filter((view) => view.incidentId === incidentId),
    saveEvidence: async (incidentId, evidence) => void saved.set(incidentId, evidence),
    evidence: async (incidentId) => saved.get(incidentId) ?? null,
    badRevisions: async (target) => [...(bad.get(target) ?? [])],
    timesDone: async ({ targetKey, action, withinDays, drill, exceptOperation }) =>
      [...rows.values()].filter(({ status, detail, updatedAt }) => {
        const { operationId, ...of } = detail as Record<string, unknown>;
        return (
          ['started', 'unknown', 'applied', 'verified'].includes(status) &&
          of.target === targetKey &&
          of.action === action &&
          of.drill === drill &&
          of.revert === false &&
          operationId !== exceptOperation &&
          Date.parse(updatedAt) > Date.now() - withinDays * 86_400_000
        );
      }).length,
    markBadRevision: async (target, hash) => void bad.set(target, new Set([...(bad.get(target) ?? []), hash])),
    stopOver: async (scopes) => {
      if (away.killSwitch) throw new Unavailable('the store is away');
      const scope = scopes.find((one) => stops.has(one));
      return scope === undefined ? null : { scope, reason: 'a storm of alerts', by: 'dana' };
    },
  };
  return {
    effects,
    remediations,
    limits: unlimited,
    trust: untried,
    changes,
    changed,
    overrides: { inForce: async () => [] },
    intake: { alerts: async () => [] },
    rows,
    views,
    bad,
    stops,
    away,
    saved,
  };
};
