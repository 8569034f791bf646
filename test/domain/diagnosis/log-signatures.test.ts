import { describe, expect, test } from 'vitest';
import { signaturesOf } from '../../../src/domain/diagnosis/log-signatures.ts';

describe('a line of log is recognised as', () => {
  test.each([
    ['tooManyConnections', 'FATAL: sorry, too many clients already'],
    ['tooManyConnections', 'FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute'],
    ['tooManyConnections', 'HikariPool-1 - Connection is not available, connection pool exhausted'],
    ['tooManyConnections', 'Error: timeout exceeded when trying to connect'],
    ['outOfMemory', 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'],
    ['outOfMemory', 'java.lang.OutOfMemoryError: Java heap space'],
    ['connectionRefused', 'Error: connect ECONNREFUSED 10.0.0.7:5432'],
    ['connectionRefused', 'dial tcp 10.0.0.7:5432: connect: connection refused'],
    ['nameNotFound', 'getaddrinfo ENOTFOUND payments.shop.svc'],
    ['timeout', 'context deadline exceeded'],
    ['certificate', 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid'],
    ['certificate', 'Error: CERT_HAS_EXPIRED'],
    ['unauthorised', 'payments answered 401'],
    ['unauthorised', '{"level":"error","status":403,"url":"/v1/keys"}'],
    ['unauthorised', 'FATAL: password authentication failed for user "shop"'],
    ['missingSetting', 'Error: missing required environment variable PAYMENTS_URL'],
    ['missingSetting', 'config key cache.mode is not set'],
    ['migration', 'ERROR: relation "orders_v2" does not exist'],
    ['diskFull', 'could not extend file: No space left on device'],
    ['deadlock', 'ERROR: deadlock detected'],
  ])('%s: %s', (name, line) => {
    expect(signaturesOf([line])).toMatchObject([{ name, count: 1 }]);
  });
});

test.each([
  'GET /orders/401 answered 200 in 12 ms',
  'listening on 8080',
  'the token service is ready',
  'rendered 403 rows',
  'health check passed',
])('an everyday line is no fault: %s', (line) => {
  expect(signaturesOf([line])).toEqual([]);
});

test('lines are counted by fault, the most frequent first, each line once', () => {
  const found = signaturesOf(['ECONNREFUSED a', 'listening', 'too many clients, connection refused', 'ECONNREFUSED b']);
  expect(found).toEqual([
    { name: 'connectionRefused', count: 2, example: 'ECONNREFUSED a' },
    { name: 'tooManyConnections', count: 1, example: 'too many clients, connection refused' },
  ]);
});

test('an example is short and has no secret in it', () => {
  const [found] = signaturesOf([`access denied for password=hunter2 ${'x'.repeat(1_000)}`]);
  expect(found?.example).not.toContain('hunter2');
  expect(found?.example.length).toBeLessThanOrEqual(300);
});
