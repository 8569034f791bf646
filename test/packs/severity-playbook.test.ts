import { describe, expect, test } from 'vitest';
import { denied, judging, outcome, packOf, type Row, unproven } from './judging.ts';
import { hidesWhatItMay, maintenanceOverrun } from './planned-maintenance.ts';

const pack = packOf('playbook-p0-p3');
const judge = judging(pack);

/** Strict comparisons: the figure itself belongs to the milder severity. */
const thresholds: Row[] = [
  ['error rate just above 10 %', { errorRate: 0.10001 }, 'P0 error-rate-critical'],
  ['error rate at 10 %', { errorRate: 0.1 }, 'P1 error-rate-high'],
  ['error rate just below 10 %', { errorRate: 0.09999 }, 'P1 error-rate-high'],
  ['error rate just above 5 %', { errorRate: 0.05001 }, 'P1 error-rate-high'],
  ['error rate at 5 %', { errorRate: 0.05 }, 'P2 error-rate-medium'],
  ['error rate just below 5 %', { errorRate: 0.04999 }, 'P2 error-rate-medium'],
  ['error rate just above 2 %', { errorRate: 0.02001 }, 'P2 error-rate-medium'],
  ['error rate at 2 %', { errorRate: 0.02 }, 'P3 error-rate-low'],
  ['error rate just below 2 %', { errorRate: 0.01999 }, 'P3 error-rate-low'],
  ['latency just above 5 s', { latencyP99Ms: 5001 }, 'P0 latency-critical'],
  ['latency at 5 s', { latencyP99Ms: 5000 }, 'P1 latency-high'],
  ['latency just below 5 s', { latencyP99Ms: 4999 }, 'P1 latency-high'],
  ['latency just above 1 s', { latencyP99Ms: 1001 }, 'P1 latency-high'],
  ['latency at 1 s', { latencyP99Ms: 1000 }, 'P2 latency-medium'],
  ['latency just below 1 s', { latencyP99Ms: 999 }, 'P2 latency-medium'],
  ['latency just above 500 ms', { latencyP99Ms: 501 }, 'P2 latency-medium'],
  ['latency at 500 ms', { latencyP99Ms: 500 }, 'P3 latency-low'],
  ['latency just below 500 ms', { latencyP99Ms: 499 }, 'P3 latency-low'],
  ['availability just below 99 %', { availability: 0.98999 }, 'P0 availability-critical'],
  ['availability at 99 %', { availability: 0.99 }, 'P1 availability-high'],
  ['availability just above 99 %', { availability: 0.99001 }, 'P1 availability-high'],
  ['availability just below 99.5 %', { availability: 0.99499 }, 'P1 availability-high'],
  ['availability at 99.5 %', { availability: 0.995 }, 'P2 availability-medium'],
  ['availability just above 99.5 %', { availability: 0.99501 }, 'P2 availability-medium'],
  ['availability just below 99.9 %', { availability: 0.99899 }, 'P2 availability-medium'],
  ['availability at 99.9 %', { availability: 0.999 }, 'P3 availability-low'],
  ['availability just above 99.9 %', { availability: 0.99901 }, 'P3 availability-low'],
  ['half of the users', { usersErroring: 0.5 }, 'P1 users-erroring'],
  ['just more than half of the users', { usersErroring: 0.50001 }, 'P1 users-erroring'],
  ['just less than half of the users', { usersErroring: 0.49999 }, 'P3 label:low'],
  ['performance down by just more than 50 %', { performanceLoss: 0.50001 }, 'P1 performance-high'],
  ['performance down by 50 %', { performanceLoss: 0.5 }, 'P2 performance-medium'],
  ['performance down by just less than 50 %', { performanceLoss: 0.49999 }, 'P2 performance-medium'],
  ['performance down by just more than 20 %', { performanceLoss: 0.20001 }, 'P2 performance-medium'],
  ['performance down by 20 %', { performanceLoss: 0.2 }, 'P2 performance-medium'],
  ['performance down by just less than 20 %', { performanceLoss: 0.19999 }, 'P3 performance-low'],
];
const flags: Row[] = [
  ['nobody can use it', { completeOutage: true }, 'P0 complete-outage'],
  ['a breach or leak', { dataBreach: true }, 'P0 data-breach'],
  ['the database is gone', { databaseDown: true }, 'P0 database-down'],
  ['payments are down', { paymentsDown: true }, 'P0 payments-down'],
  ['data is lost', { dataLoss: true }, 'P0 data-loss'],
  ['the API answers 500', { apiErrors: true }, 'P1 api-errors'],
  ['a major feature is down', { majorFunctionDown: true }, 'P1 major-function-down'],
  ['data may be damaged', { suspectedCorruption: true }, 'P1 suspected-corruption'],
  ['somebody may have got in', { unauthorisedAccess: true }, 'P1 unauthorised-access'],
  ['a hole is being used', { activeExploit: true }, 'P1 active-exploit'],
  ['one group of users', { segmentAffected: true }, 'P2 segment-affected'],
  ['a feature that is not critical', { minorFunctionDown: true }, 'P2 minor-function-down'],
  ['a glitch', { cosmetic: true }, 'P3 cosmetic'],
];
const overrun = maintenanceOverrun('P2');

describe('the playbook: how bad it is', () => {
  test.each(thresholds)('%s', (_, signals, expected) => {
    expect(outcome(judge(signals, { severityLabel: 'low' }))).toBe(expected);
  });

  test.each(flags)('%s, and not when it is denied', (_, signals, expected) => {
    expect(outcome(judge(signals, { severityLabel: 'medium' }))).toBe(expected);
    expect(outcome(judge(denied(signals), { severityLabel: 'medium' }))).toBe('P2 label:medium');
  });

  test('the worst figure counts', () => {
    expect(outcome(judge({ errorRate: 0.03, latencyP99Ms: 1500, availability: 0.9995 }))).toBe('P1 latency-high');
    expect(outcome(judge({ errorRate: 0.01, latencyP99Ms: 100, availability: 0.9995 }))).toBe('P3 error-rate-low');
  });

  test("the monitor's own word decides only where no rule does", () => {
    expect(outcome(judge({ errorRate: 0.03 }, { severityLabel: 'critical' }))).toBe('P2 error-rate-medium');
    expect(outcome(judge({}, { severityLabel: 'critical' }))).toBe('P0 label:critical');
    expect(outcome(judge({}))).toBe('P1 label:otherwise');
    expect(outcome(judge({}, { severityLabel: 'purple' }))).toBe('P1 label:otherwise');
  });

  test('every rule stands in these tables', () => {
    expect(unproven(pack, [...thresholds, ...flags, overrun])).toEqual([]);
  });
});

describe('the playbook: planned maintenance', () => {
  hidesWhatItMay({ judge, rows: [...thresholds, ...flags], overrun, outage: 'P0 complete-outage' });
});
