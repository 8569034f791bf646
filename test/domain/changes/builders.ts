import type { Change } from '../../../src/domain/changes/score.ts';
import type { RecordedChange } from '../../../src/schema/change.ts';
import type { Target } from '../../../src/schema/remediation.ts';

export const onset = '2026-05-04T12:00:00.000Z';
export const before = (minutes: number): string => new Date(Date.parse(onset) - minutes * 60_000).toISOString();

export const deployment = (name: string, namespace = 'shop', cluster = 'blue'): Target => ({
  cluster,
  kind: 'Deployment',
  namespace,
  name,
});

/** A new image of the workload that suffers, at the first symptom, as the cluster tells it. */
export const aChange = (more: Partial<Change> = {}): Change => ({
  kind: 'image',
  weighsAs: 'image',
  scope: 'workload',
  what: 'revision 5 of checkout (2.3.1 to 2.4.0)',
  at: before(0),
  by: null,
  author: null,
  source: 'cluster',
  link: null,
  target: null,
  differs: null,
  key: null,
  ...more,
});

/** The same as a row of the ledger. */
export const aRow = (more: Partial<RecordedChange> = {}): RecordedChange => ({
  id: '1',
  at: before(0),
  recordedAt: before(0),
  kind: 'image',
  weighsAs: 'image',
  what: 'revision 5 of checkout (2.3.1 to 2.4.0)',
  by: null,
  author: null,
  source: 'cluster',
  target: null,
  service: null,
  environment: null,
  reference: { commit: null, url: null },
  before: null,
  after: null,
  concerns: [],
  drill: false,
  dedupKey: 'a key',
  ...more,
});
