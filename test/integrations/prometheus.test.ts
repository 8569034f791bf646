import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMetrics } from '../../src/integrations/prometheus/client.ts';
import { answering, startVendors, type Vendors } from '../support/vendors.ts';

let vendors: Vendors;
beforeAll(async () => {
  vendors = await startVendors();
});
afterAll(() => vendors.close());

const answerOf = async (status: number, body: unknown) => {
  const server = await answering(status, body);
  try {
    return await createMetrics({ url: server.url }).query('up');
  } finally {
    await server.close();
  }
};
const vector = (...values: string[]) => ({
  status: 'success',
  data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1_700_000_000, value] })) },
});

describe('the value now', () => {
  test('of the healthy sandbox is below what hurts', async () => {
    const query = vendors.organisation.services.checkout?.symptom?.query ?? '';
    expect(await vendors.ports.metrics.query(query)).toBeLessThan(0.01);
  });
  test.each([
    ['one series', vector('0.25'), 0.25],
    ['several series: the worst', vector('0.1', '0.4', 'NaN'), 0.4],
    ['nothing at all', vector(), null],
    ['NaN', vector('NaN'), null],
    ['infinity', vector('+Inf'), null],
    ['a scalar', { status: 'success', data: { resultType: 'scalar', result: [1, '3'] } }, 3],
  ])('%s', async (_, body, expected) => {
    expect(await answerOf(200, body)).toBe(expected);
  });
  test.each([
    [400, { status: 'error', errorType: 'bad_data', error: 'parse error' }, { terminal: true, reason: 'bad_data' }],
    [503, { status: 'error', errorType: 'timeout', error: 'x' }, { terminal: false, reason: 'timeout' }],
    [200, '<html>login</html>', { terminal: true, reason: 'unreadable_answer' }],
  ])('is never guessed from a refusal: %i', async (status, body, expected) => {
    await expect(answerOf(status, body)).rejects.toMatchObject(expected);
  });
});

describe('the curve', () => {
  test('has as many points as asked for, and a gap where there is no data', async () => {
    const from = 1_700_000_000;
    const server = await answering(200, {
      status: 'success',
      data: {
        resultType: 'matrix',
        result: [
          {
            metric: {},
            values: [
              [from, '1'],
              [from + 60, 'NaN'],
              [from + 180, '4'],
            ],
          },
        ],
      },
    });
    const points = await createMetrics({ url: server.url }).queryRange('up', {
      from: new Date(from * 1_000).toISOString(),
      to: new Date((from + 180) * 1_000).toISOString(),
      points: 4,
    });
    expect(points.map((point) => point.value)).toEqual([1, null, null, 4]);
    expect(points[3]?.at).toBe(new Date((from + 180) * 1_000).toISOString());
    expect(server.requests[0]?.path).toContain('step=60');
    await server.close();
  });
});
