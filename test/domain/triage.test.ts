import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acceptsAlerts, correlationKeyOf } from '../../src/domain/correlation.ts';
import { judgeByLabel, rankOf, severityNamed } from '../../src/domain/severity.ts';
import { triage } from '../../src/domain/triage.ts';
import { loadOrganisation, loadPacks } from '../../src/packs/load.ts';
import type { Alert } from '../../src/schema/alert.ts';
import type { PackDocument } from '../../src/schema/policy.ts';

const organisation = loadOrganisation(fileURLToPath(new URL('../../src/sandbox/organisation.yaml', import.meta.url)));
const guide = (): PackDocument => {
  const pack = loadPacks([], organisation).get('guide-sev1-sev3');
  if (!pack) throw new Error('the guide pack is not among the built-in ones');
  return pack;
};
const pack = guide();
const now = '2026-11-18T10:00:00Z';

const anAlert = (part: Partial<Alert> = {}): Alert => ({
  source: 'generic',
  fingerprint: 'f1',
  status: 'firing',
  title: 'Something is wrong',
  summary: null,
  service: 'checkout',
  severityLabel: null,
  startsAt: '2026-11-18T09:50:00Z',
  endsAt: null,
  signals: {},
  labels: {},
  link: null,
  ...part,
});
const judge = (signals: Alert['signals'], part: Partial<Alert> = {}) =>
  triage({ alert: anAlert({ signals, ...part }), pack, organisation, now });
const outcome = (verdict: ReturnType<typeof triage>) =>
  verdict.verdict === 'declare' ? `${verdict.severity} ${verdict.rule}` : `ignored ${verdict.rule}`;

describe('figures decide the severity', () => {
  const label = 'warning';
  test.each([
    ['error rate just below 5 %', { errorRate: 0.0499 }, 'ignored error-rate-warning'],
    ['error rate at 5 %', { errorRate: 0.05 }, 'ignored error-rate-warning'],
    ['error rate just above 5 % on a critical endpoint', { errorRate: 0.0501 }, 'SEV3 error-rate-criterion'],
    ['error rate at 10 %', { errorRate: 0.1 }, 'SEV3 error-rate-criterion'],
    ['error rate just above 10 %', { errorRate: 0.1001 }, 'SEV2 error-rate-major'],
    ['latency just below 3 times', { latencyP95Ratio: 2.99 }, 'ignored latency-warning'],
    ['latency at 3 times', { latencyP95Ratio: 3 }, 'ignored latency-warning'],
    ['latency just above 3 times', { latencyP95Ratio: 3.01 }, 'SEV3 latency-criterion'],
    ['availability just above 99 %', { availability: 0.9901 }, 'ignored availability-warning'],
    ['availability at 99 %', { availability: 0.99 }, 'ignored availability-warning'],
    ['availability just below 99 %', { availability: 0.9899 }, 'SEV3 availability-page'],
    ['connections just below 90 %', { dbConnections: 0.899 }, 'ignored connections-warning'],
    ['connections at 90 %', { dbConnections: 0.9 }, 'ignored connections-warning'],
    ['connections just above 90 %', { dbConnections: 0.901 }, 'SEV3 connections-page'],
    ['two enterprise customers', { enterpriseReports: 2 }, 'SEV3 enterprise-reports'],
    ['one enterprise customer', { enterpriseReports: 1 }, 'SEV3 label:warning'],
    ['three enterprise customers', { enterpriseReports: 3 }, 'SEV3 enterprise-reports'],
    ['three tickets of one pattern', { ticketsInWindow: 3 }, 'SEV3 ticket-pattern'],
    ['two tickets of one pattern', { ticketsInWindow: 2 }, 'SEV3 label:warning'],
    ['four tickets of one pattern', { ticketsInWindow: 4 }, 'SEV3 ticket-pattern'],
  ])('%s', (_, signals, expected) => {
    expect(outcome(judge(signals, { severityLabel: label }))).toBe(expected);
  });

  test.each([
    ['a complete outage is SEV1', { completeOutage: true }, 'SEV1 complete-outage'],
    ['a breach is SEV1', { dataBreach: true }, 'SEV1 data-breach'],
    ['a critical endpoint that is down is SEV2', { endpointDown: true }, 'SEV2 critical-endpoint-down'],
    ['a critical dependency that is down is SEV2', { dependencyDown: true }, 'SEV2 dependency-down'],
    ['an active exploit is SEV2', { activeExploit: true }, 'SEV2 active-exploit'],
    ['suspected corruption is SEV2', { suspectedCorruption: true }, 'SEV2 suspected-corruption'],
    ['unauthorised access is SEV2', { unauthorisedAccess: true }, 'SEV2 unauthorised-access'],
    ['criteria seen by a person are SEV3', { metByPerson: true }, 'SEV3 met-by-person'],
  ])('%s, and its absence is not', (_, signals, expected) => {
    expect(outcome(judge(signals, { severityLabel: 'warning' }))).toBe(expected);
    const absent = Object.fromEntries(Object.keys(signals).map((name) => [name, false]));
    expect(outcome(judge(absent, { severityLabel: 'warning' }))).toBe('SEV3 label:warning');
  });

  test('an endpoint that is not critical and is down says nothing by itself', () => {
    expect(outcome(judge({ endpointDown: true }, { service: 'catalog', severityLabel: 'warning' }))).toBe(
      'SEV3 label:warning',
    );
    expect(outcome(judge({ endpointDown: true, criticalEndpoint: true }, { service: 'catalog' }))).toBe(
      'SEV2 critical-endpoint-down',
    );
  });

  test('the worst matching rule wins', () => {
    expect(outcome(judge({ errorRate: 0.2, dataBreach: true, latencyP95Ratio: 4 }))).toBe('SEV1 data-breach');
  });

  test('the criterion needs five minutes, the paging threshold does not', () => {
    const signals = { errorRate: 0.06 };
    expect(outcome(judge(signals, { startsAt: '2026-11-18T09:55:00Z' }))).toBe('SEV3 error-rate-criterion');
    expect(outcome(judge(signals, { startsAt: '2026-11-18T09:55:01Z' }))).toBe('SEV3 error-rate-page');
    expect(outcome(judge({ ...signals, heldForSeconds: 300 }, { startsAt: now }))).toBe('SEV3 error-rate-criterion');
    expect(outcome(judge({ ...signals, heldForSeconds: 299 }, { startsAt: now }))).toBe('SEV3 error-rate-page');
  });

  test('the reason names the rule in words and the figure it rests on', () => {
    expect(judge({ errorRate: 0.12 })).toMatchObject({ because: 'error rate above 10 % (errorRate 0.12)', rank: 2 });
  });
});

describe("the monitor's own word decides where no figure does", () => {
  test.each([
    ['critical', 'SEV1'],
    ['error', 'SEV2'],
    [null, 'SEV2'],
    ['purple', 'SEV2'],
    ['constructor', 'SEV2'],
    ['warning', 'SEV3'],
    ['info', 'SEV3'],
    ['Critical', 'SEV1'],
  ])('%s is %s', (severityLabel, severity) => {
    expect(judge({}, { severityLabel })).toMatchObject({ verdict: 'declare', severity });
  });

  test('figures raise the word and never lower it', () => {
    expect(outcome(judge({ errorRate: 0.12 }, { severityLabel: 'warning' }))).toBe('SEV2 error-rate-major');
    expect(outcome(judge({ errorRate: 0.12 }, { severityLabel: 'critical' }))).toBe('SEV1 label:critical');
    expect(outcome(judge({ errorRate: 0.03 }, { severityLabel: 'critical' }))).toBe('SEV1 label:critical');
  });

  test('a missing or unknown word leaves the figures alone', () => {
    expect(outcome(judge({ errorRate: 0.06 }))).toBe('SEV3 error-rate-criterion');
    expect(outcome(judge({ errorRate: 0.06 }, { severityLabel: 'purple' }))).toBe('SEV3 error-rate-criterion');
  });
});

describe('what is no incident is recorded with its reason, and its twin is an incident', () => {
  test("one customer's own configuration", () => {
    expect(outcome(judge({ customerConfiguration: true, errorRate: 0.2 }))).toBe('ignored customer-configuration');
    expect(outcome(judge({ customerConfiguration: false, errorRate: 0.2 }))).toBe('SEV2 error-rate-major');
    expect(outcome(judge({ customerConfiguration: true, enterpriseReports: 2 }))).toBe('SEV3 enterprise-reports');
  });

  test('sporadic errors under 0.1 % of the requests', () => {
    expect(outcome(judge({ errorRate: 0.00099 }, { severityLabel: 'error' }))).toBe('ignored sporadic-errors');
    expect(outcome(judge({ errorRate: 0.001 }, { severityLabel: 'error' }))).toBe('SEV2 label:error');
    expect(outcome(judge({ errorRate: 0.0005, latencyP95Ratio: 4 }))).toBe('SEV3 latency-criterion');
  });

  test('a known issue with a documented workaround', () => {
    expect(outcome(judge({ knownIssue: true, errorRate: 0.2 }, { severityLabel: 'critical' }))).toBe(
      'ignored known-issue',
    );
    expect(outcome(judge({ knownIssue: false }, { severityLabel: 'critical' }))).toBe('SEV1 label:critical');
    expect(outcome(judge({ knownIssue: true, completeOutage: true }))).toBe('SEV1 complete-outage');
  });

  test('planned maintenance inside its window, and past it an incident', () => {
    expect(outcome(judge({ maintenanceUntil: now, completeOutage: true }))).toBe('ignored planned-maintenance');
    expect(outcome(judge({ maintenanceUntil: '2026-11-18T09:59:59Z', completeOutage: true }))).toBe(
      'SEV1 complete-outage',
    );
    expect(outcome(judge({ maintenanceUntil: '2026-11-18T09:59:59Z' }))).toBe('SEV3 maintenance-overrun');
    expect(outcome(judge({ maintenanceUntil: 'tomorrow' }, { severityLabel: 'error' }))).toBe('SEV2 label:error');
  });

  test('no maintenance window hides a breach, an exploit or damaged data', () => {
    for (const signal of ['dataBreach', 'activeExploit', 'suspectedCorruption', 'unauthorisedAccess']) {
      expect(judge({ maintenanceUntil: now, [signal]: true })).toMatchObject({ verdict: 'declare' });
    }
  });

  test.each([
    ['error rate', { errorRate: 0.01 }, { errorRate: 0.0501 }, 'error-rate-in-bounds'],
    ['latency', { latencyP95Ratio: 2 }, { latencyP95Ratio: 3.1 }, 'latency-in-bounds'],
    ['availability', { availability: 0.995 }, { availability: 0.98 }, 'availability-in-bounds'],
    ['connections', { dbConnections: 0.7 }, { dbConnections: 0.95 }, 'connections-in-bounds'],
  ])('%s within bounds', (_, within, beyond, rule) => {
    expect(outcome(judge(within))).toBe(`ignored ${rule}`);
    expect(judge(beyond)).toMatchObject({ verdict: 'declare' });
    expect(outcome(judge(within, { severityLabel: 'critical' }))).toBe('SEV1 label:critical');
  });

  test('a mild figure beside a bad one silences nothing', () => {
    expect(outcome(judge({ errorRate: 0.03, dbConnections: 0.95 }))).toBe('SEV3 connections-page');
  });
});

test('an alert of a service that the catalogue does not know is declared and says so', () => {
  expect(judge({}, { service: 'nowhere' })).toMatchObject({
    verdict: 'declare',
    severity: 'SEV2',
    serviceKnown: false,
  });
  expect(judge({}, { service: 'toString' })).toMatchObject({ serviceKnown: false });
  expect(judge({}, { service: 'checkout' })).toMatchObject({ serviceKnown: true });
});

test('whatever an alert brings, it gets a verdict with a reason', () => {
  const signal = fc.oneof(fc.double(), fc.string(), fc.boolean());
  const names = fc.oneof(fc.constantFrom('errorRate', 'availability', 'dataBreach', 'maintenanceUntil'), fc.string());
  fc.assert(
    fc.property(fc.dictionary(names, signal), fc.option(fc.string()), fc.string(), (signals, label, startsAt) => {
      const verdict = judge(signals, { severityLabel: label, startsAt });
      expect(verdict.because).not.toBe('');
      if (signals.dataBreach === true) expect(verdict).toMatchObject({ severity: 'SEV1' });
    }),
  );
});

test('a worse figure never makes an incident milder', () => {
  const rank = (errorRate: number) => {
    const verdict = judge({ errorRate });
    return verdict.verdict === 'declare' ? verdict.rank : 99;
  };
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (one, two) => {
      expect(rank(Math.max(one, two))).toBeLessThanOrEqual(rank(Math.min(one, two)));
    }),
  );
});

test('a severity is found whatever its case, and an unknown one names those there are', () => {
  expect(severityNamed(pack, 'sev2')).toBe('SEV2');
  expect(severityNamed(pack, 'P1')).toBeNull();
  expect(rankOf(pack, 'SEV3')).toBe(3);
  expect(() => rankOf(pack, 'P1')).toThrow('SEV1, SEV2, SEV3');
  expect(judgeByLabel(pack, 'error')).toMatchObject({ severity: 'SEV2', known: true });
});

describe('correlation', () => {
  test('alerts of one known service are one incident, whoever sends them', () => {
    const one = correlationKeyOf(anAlert({ fingerprint: 'a', source: 'alertmanager' }), organisation.services);
    const two = correlationKeyOf(anAlert({ fingerprint: 'b' }), organisation.services);
    expect(one).toBe(two);
  });
  test('without a known service each problem stands alone', () => {
    const one = correlationKeyOf(anAlert({ service: 'nowhere', fingerprint: 'a' }), organisation.services);
    const two = correlationKeyOf(anAlert({ service: 'nowhere', fingerprint: 'b' }), organisation.services);
    expect(one).not.toBe(two);
  });
  test('an incident takes alerts until it is resolved', () => {
    expect(acceptsAlerts('monitoring')).toBe(true);
    expect(acceptsAlerts('resolved')).toBe(false);
  });
});
