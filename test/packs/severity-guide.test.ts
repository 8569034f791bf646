import { describe, expect, test } from 'vitest';
import { denied, judging, now, outcome, packOf, type Row, type Signals, unproven } from './judging.ts';

const pack = packOf('guide-sev1-sev3');
const judge = judging(pack);
const known = (signals: Signals, severityLabel: string | null = 'warning') =>
  outcome(judge(signals, { severityLabel }));

/** The alert of these rows fires for 10 minutes, on a critical endpoint. */
const thresholds: Row[] = [
  ['error rate just above 10 %', { errorRate: 0.10001 }, 'SEV2 error-rate-major'],
  ['error rate at 10 %', { errorRate: 0.1 }, 'SEV3 error-rate-criterion'],
  ['error rate just below 10 %', { errorRate: 0.09999 }, 'SEV3 error-rate-criterion'],
  ['error rate just above 5 %', { errorRate: 0.05001 }, 'SEV3 error-rate-criterion'],
  ['error rate at 5 %', { errorRate: 0.05 }, 'ignored error-rate-warning'],
  ['error rate just below 5 %', { errorRate: 0.04999 }, 'ignored error-rate-warning'],
  ['error rate just above 5 %, elsewhere', { errorRate: 0.05001, criticalEndpoint: false }, 'SEV3 error-rate-page'],
  ['error rate at 5 %, elsewhere', { errorRate: 0.05, criticalEndpoint: false }, 'ignored error-rate-warning'],
  ['latency just above 3 times', { latencyP95Ratio: 3.00001 }, 'SEV3 latency-criterion'],
  ['latency at 3 times', { latencyP95Ratio: 3 }, 'ignored latency-warning'],
  ['latency just below 3 times', { latencyP95Ratio: 2.99999 }, 'ignored latency-warning'],
  ['latency just above 3 times, at once', { latencyP95Ratio: 3.00001, heldForSeconds: 0 }, 'SEV3 latency-page'],
  ['availability just below 99 %', { availability: 0.98999 }, 'SEV3 availability-page'],
  ['availability at 99 %', { availability: 0.99 }, 'ignored availability-warning'],
  ['availability just above 99 %', { availability: 0.99001 }, 'ignored availability-warning'],
  ['connections just above 90 %', { dbConnections: 0.90001 }, 'SEV3 connections-page'],
  ['connections at 90 %', { dbConnections: 0.9 }, 'ignored connections-warning'],
  ['connections just below 90 %', { dbConnections: 0.89999 }, 'ignored connections-warning'],
  ['three enterprise customers', { enterpriseReports: 3 }, 'SEV3 enterprise-reports'],
  ['two enterprise customers', { enterpriseReports: 2 }, 'SEV3 enterprise-reports'],
  ['one enterprise customer', { enterpriseReports: 1 }, 'SEV3 label:warning'],
  ['four tickets of one pattern', { ticketsInWindow: 4 }, 'SEV3 ticket-pattern'],
  ['three tickets of one pattern', { ticketsInWindow: 3 }, 'SEV3 ticket-pattern'],
  ['two tickets of one pattern', { ticketsInWindow: 2 }, 'SEV3 label:warning'],
];
const flags: Row[] = [
  ['a complete outage', { completeOutage: true }, 'SEV1 complete-outage'],
  ['a breach', { dataBreach: true }, 'SEV1 data-breach'],
  ['a critical endpoint is down', { endpointDown: true }, 'SEV2 critical-endpoint-down'],
  ['a critical dependency is down', { dependencyDown: true }, 'SEV2 dependency-down'],
  ['an active exploit', { activeExploit: true }, 'SEV2 active-exploit'],
  ['suspected corruption', { suspectedCorruption: true }, 'SEV2 suspected-corruption'],
  ['unauthorised access', { unauthorisedAccess: true }, 'SEV2 unauthorised-access'],
  ['a person saw the criteria met', { metByPerson: true }, 'SEV3 met-by-person'],
];
const past = '2026-11-18T09:59:59.999Z';
const overrun: Row = ['maintenance past its window', { maintenanceUntil: past }, 'SEV3 maintenance-overrun'];

describe('the guide: how bad it is', () => {
  test.each(thresholds)('%s', (_, signals, expected) => {
    expect(known(signals)).toBe(expected);
  });

  test.each(flags)('%s, and not when it is denied', (_, signals, expected) => {
    expect(known(signals)).toBe(expected);
    expect(known(denied(signals))).toBe('SEV3 label:warning');
  });

  test.each([
    ['error rate', { errorRate: 0.06 }, 'error-rate-criterion', 'error-rate-page'],
    ['latency', { latencyP95Ratio: 4 }, 'latency-criterion', 'latency-page'],
  ])(
    '%s meets the criterion after exactly 5 minutes and only the page a millisecond before',
    (_, signals, at, before) => {
      const since = (startsAt: string) => outcome(judge(signals, { startsAt }));
      expect(since('2026-11-18T09:55:00.000Z')).toBe(`SEV3 ${at}`);
      expect(since('2026-11-18T09:55:00.001Z')).toBe(`SEV3 ${before}`);
      expect(outcome(judge({ ...signals, heldForSeconds: 300 }, { startsAt: now }))).toBe(`SEV3 ${at}`);
      expect(outcome(judge({ ...signals, heldForSeconds: 299.999 }, { startsAt: now }))).toBe(`SEV3 ${before}`);
    },
  );

  test('an endpoint that is down and not critical decides nothing', () => {
    expect(known({ endpointDown: true, criticalEndpoint: false })).toBe('SEV3 label:warning');
  });

  test('every rule stands in these tables', () => {
    expect(unproven(pack, [...thresholds, ...flags, overrun])).toEqual([]);
  });
});

describe('the guide: what is no incident, and its twin that is one', () => {
  const warnings: [string, Signals, string, Signals, string][] = [
    [
      'error rate just above 1 %',
      { errorRate: 0.01001 },
      'error-rate-warning',
      { errorRate: 0.05001 },
      'SEV3 error-rate-criterion',
    ],
    [
      'error rate at 1 %',
      { errorRate: 0.01 },
      'error-rate-in-bounds',
      { errorRate: 0.05001 },
      'SEV3 error-rate-criterion',
    ],
    [
      'error rate just below 0.1 %',
      { errorRate: 0.00099 },
      'sporadic-errors',
      { errorRate: 0.10001 },
      'SEV2 error-rate-major',
    ],
    [
      'latency just above 2 times',
      { latencyP95Ratio: 2.00001 },
      'latency-warning',
      { latencyP95Ratio: 3.1 },
      'SEV3 latency-criterion',
    ],
    [
      'latency at 2 times',
      { latencyP95Ratio: 2 },
      'latency-in-bounds',
      { latencyP95Ratio: 3.1 },
      'SEV3 latency-criterion',
    ],
    [
      'availability just below 99.5 %',
      { availability: 0.99499 },
      'availability-warning',
      { availability: 0.98 },
      'SEV3 availability-page',
    ],
    [
      'availability at 99.5 %',
      { availability: 0.995 },
      'availability-in-bounds',
      { availability: 0.98 },
      'SEV3 availability-page',
    ],
    [
      'connections just above 70 %',
      { dbConnections: 0.70001 },
      'connections-warning',
      { dbConnections: 0.95 },
      'SEV3 connections-page',
    ],
    [
      'connections at 70 %',
      { dbConnections: 0.7 },
      'connections-in-bounds',
      { dbConnections: 0.95 },
      'SEV3 connections-page',
    ],
  ];
  test.each(warnings)('%s', (_, mild, rule, bad, expected) => {
    expect(known(mild, null)).toBe(`ignored ${rule}`);
    expect(known(mild, 'warning')).toBe(`ignored ${rule}`);
    expect(known(bad)).toBe(expected);
  });

  test.each(warnings.filter(([, , rule]) => rule !== 'sporadic-errors'))(
    '%s, and the monitor calls it critical: its word counts',
    (_, mild) => {
      expect(known(mild, 'critical')).toBe('SEV1 label:critical');
      expect(known(mild, 'error')).toBe('SEV2 label:error');
    },
  );

  test('sporadic errors are under 0.1 % of the requests, and the only figure', () => {
    expect(known({ errorRate: 0.00099 }, 'error')).toBe('ignored sporadic-errors');
    expect(known({ errorRate: 0.001 }, 'error')).toBe('SEV2 label:error');
    expect(known({ errorRate: 0.0005, latencyP95Ratio: 4 }, null)).toBe('SEV3 latency-criterion');
    expect(known({ errorRate: 0.0005, queueDepth: 9_000 }, 'error')).toBe('SEV2 label:error');
  });

  /** Which rules each silence reaches; whatever is not listed is declared. */
  const silences: [string, string, Signals, string[]][] = [
    [
      "one customer's own configuration",
      'customer-configuration',
      { customerConfiguration: true },
      [
        'error-rate-major',
        'error-rate-criterion',
        'error-rate-page',
        'latency-criterion',
        'latency-page',
        'ticket-pattern',
      ],
    ],
    [
      'a known issue with a documented workaround',
      'known-issue',
      { knownIssue: true },
      [
        'error-rate-major',
        'error-rate-criterion',
        'error-rate-page',
        'latency-criterion',
        'latency-page',
        'availability-page',
        'connections-page',
        'enterprise-reports',
        'ticket-pattern',
      ],
    ],
    [
      'planned maintenance inside its window',
      'planned-maintenance',
      { maintenanceUntil: now },
      [
        'complete-outage',
        'critical-endpoint-down',
        'dependency-down',
        'error-rate-major',
        'error-rate-criterion',
        'error-rate-page',
        'latency-criterion',
        'latency-page',
        'availability-page',
        'connections-page',
        'enterprise-reports',
        'ticket-pattern',
      ],
    ],
  ];
  const declared = [...thresholds, ...flags].filter(([, , expected]) => /^SEV\d [^:]+$/.test(expected));

  describe.each(silences)('%s', (_, silence, flag, reach) => {
    test.each(declared)('%s', (__, signals, expected) => {
      const hidden = reach.includes(expected.split(' ')[1] ?? '');
      expect(known({ ...signals, ...flag })).toBe(hidden ? `ignored ${silence}` : expected);
    });

    test('is recorded whatever word the monitor has, and denied it silences nothing', () => {
      expect(known(flag, 'critical')).toBe(`ignored ${silence}`);
      const [name = ''] = Object.keys(flag);
      expect(known({ [name]: name === 'maintenanceUntil' ? 'tomorrow' : false }, 'critical')).toBe(
        'SEV1 label:critical',
      );
    });
  });

  test('maintenance a millisecond past its window is an incident, and hides nothing', () => {
    const [, signals, expected] = overrun;
    expect(known(signals)).toBe(expected);
    expect(known({ ...signals, completeOutage: true })).toBe('SEV1 complete-outage');
    expect(known({ maintenanceUntil: now, completeOutage: true })).toBe('ignored planned-maintenance');
  });

  test('every ignore rule stands in these tables', () => {
    const proven = [...warnings.map(([, , rule]) => rule), ...silences.map(([, silence]) => silence)];
    expect(pack.ignore.map(({ id }) => id).filter((id) => !proven.includes(id))).toEqual([]);
  });
});
