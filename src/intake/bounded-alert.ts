import { sha256 } from '../domain/sha256.ts';
import type { Alert } from '../schema/alert.ts';
import { storable } from './payload.ts';

const lengths = { title: 300, summary: 4_000, name: 120, label: 1_000, fingerprint: 200, link: 2_000 };
const entriesMax = 100;
/** Never names of our own data: an object that gets one of these as a key changes its behaviour. */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The alert in the sizes that the store, Temporal and a phone can carry, whatever a monitor sends. Nothing that names
 * the problem is cut: a fingerprint that is too long is hashed, so that two of them stay two.
 */
export const boundedAlert = (alert: Alert): Alert => ({
  source: alert.source,
  fingerprint: boundedFingerprint(alert.fingerprint),
  status: alert.status,
  title: oneLine(alert.title, lengths.title) || 'Alert without a title',
  summary: alert.summary === null ? null : cut(alert.summary, lengths.summary) || null,
  service: alert.service === null ? null : oneLine(alert.service, lengths.name) || null,
  severityLabel: alert.severityLabel === null ? null : oneLine(alert.severityLabel, 40).toLowerCase() || null,
  startsAt: alert.startsAt,
  endsAt: alert.endsAt,
  signals: boundedRecord(alert.signals, (value) => {
    if (typeof value === 'string') return cut(value, lengths.label);
    return typeof value === 'number' && !Number.isFinite(value) ? undefined : value;
  }),
  labels: boundedRecord(alert.labels, (value) => cut(value, lengths.label)),
  link: alert.link !== null && isWebLink(alert.link) ? storable(alert.link) : null,
});

const boundedRecord = <Value>(
  record: Record<string, Value>,
  bounded: (value: Value) => Value | undefined,
): Record<string, Value> => {
  const entries: [string, Value][] = [];
  for (const [key, value] of Object.entries(record)) {
    if (entries.length >= entriesMax) break;
    const kept = forbiddenKeys.has(key) ? undefined : bounded(value);
    if (kept !== undefined) entries.push([oneLine(key, lengths.name), kept]);
  }
  return Object.fromEntries(entries);
};

/** Names a thing and is never shown as a sentence: what is too long is hashed, so that two of them stay two. */
export const boundedName = (given: string, charactersMax: number): string => {
  const clean = oneLine(given, Number.POSITIVE_INFINITY);
  return clean.length <= charactersMax ? clean : sha256(clean);
};

const boundedFingerprint = (given: string): string => {
  const clean = storable(given);
  return clean.length <= lengths.fingerprint ? clean : sha256(clean);
};

/** Shown to people as a link: anything that is not plain web could run in a browser. */
const isWebLink = (link: string): boolean => {
  const url = link.length <= lengths.link ? URL.parse(link) : null;
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:');
};

export const cut = (text: string, charactersMax: number): string => {
  const clean = storable(text);
  return clean.length <= charactersMax ? clean : storable(`${clean.slice(0, charactersMax - 3)}...`);
};

// Control characters would break lines of logs, topics and terminals.
export const oneLine = (text: string, charactersMax: number): string =>
  cut(
    storable(text)
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim(),
    charactersMax,
  );
