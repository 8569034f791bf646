import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acceptsAlerts, correlationKeyOf } from '../../../src/domain/incident/correlation.ts';
import { judgeByLabel, rankOf, severityNamed } from '../../../src/domain/incident/severity.ts';
import { anAlert, judging, organisation, outcome, packOf } from '../../packs/judging.ts';

const pack = packOf('guide-sev1-sev3');
const judge = judging(pack);

describe('figures decide the severity', () => {
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

describe('what is no incident is recorded with its reason', () => {
  test('and a mild figure beside a bad one silences nothing', () => {
    expect(outcome(judge({ errorRate: 0.03, dbConnections: 0.95 }))).toBe('SEV3 connections-page');
    expect(judge({ errorRate: 0.03, dbConnections: 0.6 })).toMatchObject({
      verdict: 'ignore',
      because: expect.stringContaining('errorRate 0.03'),
    });
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
