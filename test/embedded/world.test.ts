import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type ChildName, environmentOf, type World } from '../../src/embedded/world.ts';

const children: ChildName[] = ['api', 'worker', 'remediation-worker', 'sandbox', 'temporal'];

const worldWith = (environment: Record<string, string>): World =>
  ({
    config: readConfig({}),
    folder: { path: '.muster', at: (...names: string[]) => ['.muster', ...names].join('/') },
    secrets: { MUSTER_TOKEN: 'a-token', MUSTER_SANDBOX_SECRET: 'a-secret', MUSTER_APPROVAL_KEY: 'a-key' },
    databaseUrl: null,
    sandboxDatabase: null,
    temporalAddress: '127.0.0.1:7233',
    environment,
  }) as unknown as World;

const receivers = (variable: string): ChildName[] =>
  children.filter((child) => environmentOf(child, worldWith({ [variable]: 'given' }))[variable] === 'given');

describe('a credential of the outside world', () => {
  test.each([
    ['MUSTER_KUBECONFIG', ['remediation-worker']],
    ['MUSTER_ENDPOINT_TOKENS', ['remediation-worker']],
    ['MUSTER_DATABASES', ['remediation-worker']],
    ['SLACK_TOKEN', ['worker']],
    ['SLACK_TOKEN_FILE', ['worker']],
    ['AWS_SECRET_ACCESS_KEY', ['worker', 'remediation-worker']],
    ['AWS_PROFILE', ['worker', 'remediation-worker']],
    ['AWS_WEB_IDENTITY_TOKEN_FILE', ['worker', 'remediation-worker']],
    ['AWS_CONTAINER_CREDENTIALS_FULL_URI', ['worker', 'remediation-worker']],
    ['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', ['worker', 'remediation-worker']],
  ])('%s reaches the processes that need it, and no other', (variable, expected) => {
    expect(receivers(variable)).toEqual(expected);
  });

  test('is not a plain setting, which all of them get', () => {
    expect(receivers('MUSTER_LOG_LEVEL')).toEqual(children);
  });
});

describe("the address of the sandbox's database", () => {
  const reached = (sandboxDatabase: string | null) =>
    children.filter(
      (child) => environmentOf(child, { ...worldWith({}), sandboxDatabase }).MUSTER_SANDBOX_DATABASE !== undefined,
    );

  test('goes to its application and to the remediation worker', () => {
    expect(reached('postgres://127.0.0.1:5/shop')).toEqual(['remediation-worker', 'sandbox']);
  });
  test('goes to nobody while there is none', () => {
    expect(reached(null)).toEqual([]);
  });
});
