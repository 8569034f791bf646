import { describe, expect, test } from 'vitest';
import { holdsSecret, redactSecrets } from '../../src/domain/redaction.ts';

describe('a log line', () => {
  const secrets = [
    'password=hunter2',
    'DB_PASSWORD: "hunter2"',
    '{"api_key":"hunter2","user":"shop"}',
    'connecting to postgres://shop:hunter2@db.internal:5432/shop',
    'Authorization: Bearer hunter2hunter2',
    'sent bearer hunter2.hunter2',
    'token = hunter2-hunter2',
    'client_secret=hunter2&grant=x',
    "set-cookie: 'hunter2'",
    'using xoxb-hunter2hunter2',
    'jwt eyJhbGciOiJIUzI1NiJ9.eyJodW50ZXIyIjoxfQ.hunter2',
  ];
  for (const line of secrets) {
    test(`is shown without its secret: ${line.replaceAll('hunter2', '...')}`, () => {
      expect(redactSecrets(line)).not.toContain('hunter2');
      expect(redactSecrets(line)).toContain('[redacted]');
    });
  }

  test('loses a private key to its last line', () => {
    const key = '-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----\nafter';
    expect(redactSecrets(key)).toBe('[redacted]\nafter');
  });

  test('stays whole when there is nothing to hide', () => {
    const line = '2026-05-04T12:00:00Z ERROR cannot reach payments:8081 after 3 attempts (ECONNREFUSED)';
    expect(redactSecrets(line)).toBe(line);
  });
});

describe('what is handed in to be kept', () => {
  test.each([
    [{ value: 'postgres://shop:hunter2@db.internal:5432/shop' }],
    [{ key: 'db.password', value: 'hunter2' }],
    [{ password: 'hunter2' }],
    [{ deep: [{ key: 'API_TOKEN', value: 'hunter2' }] }],
  ])('is known to hold a secret by its shape or by its name: %j', (given) => {
    expect(holdsSecret(given)).toBe(true);
  });

  test.each([
    [{ key: 'read.url', value: 'postgres://replica.shop:5432/shop' }],
    [{ key: 'mode', value: 'degraded' }],
    [{ selector: { app: 'checkout', version: 'stable' } }],
    [{ replicas: 6, container: 'checkout' }],
    [{}],
  ])('is taken where nothing looks like one: %j', (given) => {
    expect(holdsSecret(given)).toBe(false);
  });
});
