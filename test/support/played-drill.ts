/** A drill that went well, for what judges drills: its score, and the checks of `npm start`. */
import type { IncidentView, TimelineItem, TimelineKind } from '../../src/schema/incident.ts';
import { aView } from '../store/records.ts';
import { guide, minutesMs } from './builders.ts';

const speed = 60;
/** A Monday. */
const declaredAt = '2026-03-02T10:00:00.000Z';

/** Scenario minutes after the declaration, as the clock of the machine shows them. */
export const at = (minutes: number): string =>
  new Date(Date.parse(declaredAt) + minutesMs(minutes) / speed).toISOString();

export const muster = { kind: 'muster', id: 'muster', name: 'Muster' } as const;

export const entry = (kind: TimelineKind, minutes: number, actor: TimelineItem['actor'] = muster): TimelineItem => ({
  key: `${kind}/${minutes}`,
  seq: 0,
  at: at(minutes),
  kind,
  actor,
  text: `It was ${kind}.`,
  why: null,
  public: false,
});

export const playedDrill: IncidentView = aView('INC-2026-001', {
  title: 'Checkout answers with errors',
  pack: guide.pack,
  status: 'resolved',
  drill: true,
  speed,
  declaredAt,
  declaredBy: muster,
  acknowledgedAt: at(3),
  acknowledgedBy: 'dana',
  mitigatedAt: at(12),
  resolvedAt: at(27),
  minimumRoles: [],
  updates: { internal: { dueAt: null, kept: 2, broken: 0 }, public: { dueAt: null, kept: 2, broken: 0 } },
  alertsFiring: 0,
  version: 9,
});

export const calendar = { timezone: 'UTC', holidays: [], hours: { start: '09:00', end: '17:00' } };
