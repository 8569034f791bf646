/** What is said when AWS refuses: each cause in a sentence that says what to do, from both protocols. */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { VendorError } from '../../src/domain/errors.ts';
import { createAlarms } from '../../src/integrations/cloudwatch/alarms.ts';
import { type AwsReply, anAws, awsRefusal, awsSecretKey } from '../support/cloudwatch.ts';
import { answering } from '../support/vendors.ts';

const query = {
  group: '/shop/checkout',
  query: 'fields @message',
  from: '2026-03-02T11:30:00Z',
  to: '2026-03-02T12:00:00Z',
  rowsMax: 2,
  withinMs: 1_000,
};

/** What both services say to one kind of refusal, and which right each question needs. */
const bothAnswering = async (type: string, more: { status?: number; message?: string; code?: string } = {}) => {
  const aws = await anAws({
    GetMetricData: [awsRefusal('cloudwatch', type, more)],
    DescribeAlarms: [awsRefusal('cloudwatch', type, more)],
    StartQuery: [awsRefusal('logs', type, more)],
  });
  return Promise.all([
    thrownBy(aws.metrics.query('x')),
    thrownBy(aws.alarms.ringing('checkout-', 1)),
    thrownBy(aws.logs.search(query)),
  ]);
};

const thrownBy = async (asked: Promise<unknown>): Promise<VendorError> => {
  const error = await asked.then(
    () => null,
    (thrown: VendorError) => thrown,
  );
  if (error === null) throw new Error('nothing was refused');
  return error;
};

const notAllowed = (message: string) => bothAnswering('AccessDeniedException', { code: 'AccessDenied', message });
const sentences = (errors: VendorError[]) => errors.map(({ reason }) => reason);

describe('a right that is missing', () => {
  test('is named with what it is missing on and the policy that has it', async () => {
    const errors = await notAllowed(
      'User: arn:aws:sts::123456789012:assumed-role/muster/x is not authorized to perform: this because no identity-based policy allows the action',
    );
    expect(sentences(errors)).toEqual([
      "AWS does not allow cloudwatch:GetMetricData on * in eu-west-1: attach deploy/aws/policies/metrics.json to the worker's role",
      "AWS does not allow cloudwatch:DescribeAlarms on * in eu-west-1: attach deploy/aws/policies/alarms.json to the worker's role",
      "AWS does not allow logs:StartQuery on arn:aws:logs:eu-west-1:ACCOUNT_ID:log-group:/shop/checkout:*: attach deploy/aws/policies/logs.json, with this log group, to the worker's role",
    ]);
    for (const { status, terminal } of errors) expect({ status, terminal }).toEqual({ status: 403, terminal: true });
  });

  test('is told without the account and the role that AWS names', async () => {
    const errors = await notAllowed('User: arn:aws:sts::123456789012:assumed-role/muster/x is not authorized');
    for (const { message, reason } of errors) expect(`${message} ${reason}`).not.toMatch(/123456789012|assumed-role/);
  });

  test.each(['service control policy', 'permissions boundary', 'VPC endpoint policy', 'identity-based policy'])(
    'that a %s denies is lifted there, because no policy of ours would help',
    async (kind) => {
      const errors = await notAllowed(`not authorized to perform: this with an explicit deny in a ${kind}`);
      for (const sentence of sentences(errors)) {
        expect(sentence).toMatch(
          new RegExp(`^an explicit deny in a ${kind} forbids (cloudwatch|logs):\\w+ on .*: lift it`),
        );
        expect(sentence).not.toContain('attach');
      }
    },
  );

  test('that a policy of another kind leaves out is allowed in that one', async () => {
    const errors = await notAllowed(
      'not authorized to perform: this because no VPC endpoint policy allows this action',
    );
    for (const sentence of sentences(errors)) {
      expect(sentence).toMatch(/: allow it in the VPC endpoint policy; deploy\/aws\/policies\/\w+\.json alone is not/);
    }
  });

  test('is not what a refused query or a group that is not there is called', async () => {
    const aws = await anAws({
      DescribeAlarms: [awsRefusal('cloudwatch', 'InvalidParameterValueException')],
      StartQuery: [awsRefusal('logs', 'ResourceNotFoundException', { message: 'Log group does not exist' })],
    });
    for (const asked of [aws.alarms.ringing('checkout-', 1), aws.logs.search(query)]) {
      const { message, status } = await thrownBy(asked);
      expect(status).toBe(400);
      expect(message).not.toMatch(/allow|policies/);
    }
  });
});

describe('every other refusal has its own sentence', () => {
  test.each<[string, string, { status?: number; code?: string; message?: string }, object]>([
    [
      'throttling',
      'ThrottlingException',
      { code: 'Throttling', message: 'Rate exceeded' },
      {
        reason: expect.stringMatching(/^AWS throttles (cloudwatch|logs):\w+: .*Service Quotas/),
        status: 429,
        terminal: false,
      },
    ],
    [
      'credentials that have expired',
      'ExpiredTokenException',
      { code: 'ExpiredToken', status: 403, message: 'The security token included in the request is expired' },
      { reason: expect.stringMatching(/have expired: .*restart the worker$/), status: 401, terminal: false },
    ],
    [
      'credentials that nobody knows',
      'UnrecognizedClientException',
      { code: 'InvalidClientTokenId', status: 403, message: `The security token ${awsSecretKey} is invalid` },
      {
        reason: expect.stringMatching(/does not accept these credentials .*region eu-west-1/),
        status: 401,
        terminal: true,
      },
    ],
    [
      'a clock that is wrong',
      'InvalidSignatureException',
      {
        code: 'SignatureDoesNotMatch',
        status: 403,
        message: 'Signature expired: 20260302T120000Z is now earlier than',
      },
      { reason: expect.stringMatching(/clock to be wrong .*time server$/), status: 401, terminal: false },
    ],
    [
      'a wrong key',
      'InvalidSignatureException',
      { code: 'SignatureDoesNotMatch', status: 403, message: 'The request signature we calculated does not match' },
      { reason: expect.stringMatching(/does not accept these credentials/), status: 401, terminal: true },
    ],
  ])('%s', async (_, type, more, expected) => {
    for (const error of await bothAnswering(type, more)) {
      expect(error).toMatchObject({ vendor: 'cloudwatch', ...expected });
      expect(`${error.message} ${error.reason}`).not.toContain(awsSecretKey);
    }
  });

  test.each<[string, AwsReply]>([
    [
      'a page of a proxy',
      { status: 403, headers: { 'content-type': 'text/html' }, body: '<html>blocked by sales@</html>' },
    ],
    ['a login page that calls itself well', { status: 200, body: '<html>log in</html>' }],
  ])('%s is taken for what it is, and not repeated to anybody', async (_, reply) => {
    const aws = await anAws({ DescribeAlarms: [reply], StartQuery: [reply] });
    for (const asked of [aws.alarms.ringing('checkout-', 1), aws.logs.search(query)]) {
      const { message, reason } = await thrownBy(asked);
      expect(reason).toMatch(/^something between here and AWS answers in its stead/);
      expect(message).not.toMatch(/html|sales|log in/);
    }
  });

  test.each([
    ['not a name of a host', 'eu west/1'],
    ['left empty', ''],
  ])('a region that is %s is told by its variable', async (_, region) => {
    const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: awsSecretKey };
    const asked = createAlarms({ region, client: { credentials } }).ringing('checkout-', 1);
    expect(await thrownBy(asked)).toMatchObject({
      reason: expect.stringContaining('MUSTER_CLOUDWATCH_REGION names no region that answers'),
      terminal: false,
    });
  });

  test('a region that nobody answers for is told by its variable, and a broken way is not', async () => {
    const failing = (code: string) =>
      createAlarms({
        region: 'eu-weest-1',
        client: {
          credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: awsSecretKey },
          requestHandler: { handle: () => Promise.reject(Object.assign(new Error('getaddrinfo'), { code })) },
        },
      }).ringing('checkout-', 1);
    expect((await thrownBy(failing('ENOTFOUND'))).reason).toContain('MUSTER_CLOUDWATCH_REGION names no region');
    const { reason } = await thrownBy(failing('ECONNREFUSED'));
    expect(reason).toBe('no answer from AWS (ECONNREFUSED): check the way from the worker to eu-weest-1');
  });
});

describe('credentials', () => {
  beforeEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere/credentials');
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const asked = async (): Promise<{ error: VendorError; questions: unknown[] }> => {
    const aws = await anAws({ DescribeAlarms: [{ body: {} }] });
    const alarms = createAlarms({ region: 'eu-west-1', client: { endpoint: aws.client.endpoint } });
    return { error: await thrownBy(alarms.ringing('checkout-', 1)), questions: aws.questions };
  };
  /** STS, and the token of a service account that is shown to it. */
  const withServiceAccount = async (code: string, status: number, message: string): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-aws-'));
    writeFileSync(join(folder, 'token'), `${awsSecretKey}.of.a.pod`);
    const sts = await answering(
      status,
      `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
      { 'content-type': 'text/xml' },
    );
    onTestFinished(async () => {
      await sts.close();
      await rm(folder, { recursive: true });
    });
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/muster');
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'token'));
  };

  test('that are nowhere are told with where to put them, and nothing is asked', async () => {
    const { error, questions } = await asked();
    expect(error).toMatchObject({
      reason:
        'no AWS credentials were found: give the worker a role (deploy/aws/trust), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and restart it',
      status: 401,
    });
    expect(questions).toEqual([]);
  });

  test.each([
    ['AccessDenied', 403, 'Not authorized to perform sts:AssumeRoleWithWebIdentity'],
    ['ExpiredTokenException', 400, 'Token expired: current date/time must be before the expiration date/time'],
  ])('that STS does not give (%s) are its trust policy, never a right of CloudWatch', async (code, status, message) => {
    await withServiceAccount(code, status, message);
    const { error, questions } = await asked();
    expect(error).toMatchObject({
      reason: expect.stringMatching(new RegExp(`no credentials for its role \\(${code}\\): .*deploy/aws/trust`)),
      status: 401,
      terminal: false,
    });
    expect(`${error.message}`).not.toMatch(/DescribeAlarms|123456789012/);
    expect(error.message).not.toContain(awsSecretKey);
    expect(questions).toEqual([]);
  });

  test('whose token is not mounted say so', async () => {
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/muster');
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', '/nowhere/token');
    const { error } = await asked();
    expect(error.reason).toMatch(/no credentials for its role \(ENOENT\): .*look whether its token is there$/);
  });
});
