/** The IAM policies under deploy/aws: made from what the code asks, and no wider. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { policyFile, policyOf, rightOf } from '../../src/domain/remediation/iam-right.ts';
import { cloudNeeds } from '../../worker/dependencies.ts';
import { iamFiles } from '../../worker/policies.ts';
import { faultsOfPolicies, type IamDocument, policyFaults, trustFaults } from '../../worker/policy-lint.ts';
import { account } from '../../worker/roles.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'deploy/aws');
const committed = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
  statSync(join(folder, path)).isFile(),
);
const made = iamFiles(cloudNeeds);
const declared = cloudNeeds.flatMap(({ rights }) => rights);

describe('the policies under deploy/aws', () => {
  test('are what the code says it needs: run "npm run roles" after a change of rights', () => {
    expect(committed.toSorted()).toEqual([...made.keys()].toSorted());
    for (const path of committed) expect(readFileSync(join(folder, path), 'utf8'), path).toBe(made.get(path));
  });

  test('allow each call that the code makes, and no other', () => {
    const sources = readdirSync(join(root, 'src/integrations/cloudwatch')).filter((name) => name.endsWith('.ts'));
    const calls = sources.flatMap((name) => {
      const text = readFileSync(join(root, 'src/integrations/cloudwatch', name), 'utf8');
      return [...text.matchAll(/new sdk\.(\w+)Command\(/g)].map(([, call = '']) => call);
    });
    const allowed = declared.map(({ action }) => action.split(':')[1]);
    expect(new Set(calls)).toEqual(new Set(allowed));
  });

  test('have no fault', () => {
    expect(made.size).toBe(cloudNeeds.length + 2);
    expect(faultsOfPolicies(made)).toEqual([]);
  });

  test('trust the account that the roles of the cluster are bound to', () => {
    for (const path of ['trust/irsa.json', 'trust/pod-identity.json']) expect(made.get(path)).toContain(account.name);
  });

  test('are told in the manual: each right, what it is held to, and why to no less', () => {
    const [, section = ''] = readFileSync(join(root, 'docs/operations.md'), 'utf8').split(
      '\n## What Muster may do in AWS\n',
    );
    const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'));
    expect(rows).toEqual(
      cloudNeeds.flatMap(({ name, rights }) =>
        rights.map(
          ({ action, resource, because }) =>
            `| \`${action}\` | [${name}.json](../${policyFile(name)}) | ${resource === '*' ? 'the region' : 'one log group'} | ${because} |`,
        ),
      ),
    );
  });
});

test('what no policy allows is not asked of AWS', () => {
  const [needs] = cloudNeeds;
  if (!needs) throw new Error('nothing is declared');
  expect(() => rightOf(needs, 'cloudwatch:PutMetricAlarm')).toThrow('declare it there');
  expect(rightOf(needs, 'cloudwatch:GetMetricData').resource).toBe('*');
});

const group = 'arn:aws:logs:eu-west-1:123456789012:log-group:/shop/checkout:*';
const heldToRegion = { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } };
const policy = (statement: object): IamDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', ...statement }],
});

describe('a policy has a fault', () => {
  test('and none, when it names reads as narrow as they can be', () => {
    expect(policyFaults(policy({ Action: 'logs:StartQuery', Resource: group }))).toEqual([]);
    const metrics = { Action: ['cloudwatch:GetMetricData'], Resource: '*', Condition: heldToRegion };
    expect(policyFaults(policy(metrics))).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['every action', { Action: '*', Resource: group }, '* is a wildcard'],
    ['every action of a service', { Action: 'logs:*', Resource: group }, 'logs:* is a wildcard'],
    [
      'every action of a verb',
      { Action: ['logs:StartQuery', 'logs:Get*'], Resource: group },
      'logs:Get* is a wildcard',
    ],
    ['a letter left open', { Action: 'logs:StartQuer?', Resource: group }, 'logs:StartQuer? is a wildcard'],
    ['a write', { Action: 'cloudwatch:PutMetricAlarm', Resource: group }, 'cloudwatch:PutMetricAlarm is not a read'],
    ['a deletion', { Action: 'logs:DeleteLogGroup', Resource: group }, 'logs:DeleteLogGroup is not a read'],
    ['another beginning', { Action: 'logs:StartLiveTail', Resource: group }, 'logs:StartLiveTail is not a read'],
    ['a switch', { Action: 'cloudwatch:DisableAlarmActions', Resource: group }, 'is not a read'],
    [
      'a read of secrets',
      { Action: 'secretsmanager:GetSecretValue', Resource: group },
      'a service that Muster does not ask',
    ],
    ['a way to another role', { Action: 'sts:AssumeRole', Resource: group }, 'a service that Muster does not ask'],
    ['all but some actions', { NotAction: 'iam:*', Resource: group }, 'NotAction is not used here'],
    ['all but some resources', { Action: 'logs:StartQuery', NotResource: group }, 'NotResource is not used here'],
    ['no action', { Resource: group }, 'names no action'],
    ['no resource', { Action: 'logs:StartQuery' }, 'names no resource'],
    ['anything but Allow', { Effect: 'Deny', Action: 'logs:StartQuery', Resource: group }, 'Effect is not Allow'],
    [
      'every log group',
      { Action: 'logs:StartQuery', Resource: '*', Condition: heldToRegion },
      'logs:StartQuery can be held to less than *',
    ],
    [
      'log groups by wildcard',
      { Action: 'logs:StartQuery', Resource: 'arn:aws:logs:eu-west-1:123456789012:log-group:*:*' },
      'is not one log group',
    ],
    [
      'a log group of any account',
      { Action: 'logs:StartQuery', Resource: 'arn:aws:logs:eu-west-1:*:log-group:/shop/checkout:*' },
      'is not one log group',
    ],
    ['every region', { Action: 'cloudwatch:DescribeAlarms', Resource: '*' }, '* is not held to one region'],
  ])('for %s', (_, statement, fault) => {
    expect(policyFaults(policy(statement))).toContainEqual(expect.stringContaining(fault));
  });

  test('that is told with its file, whatever the code says it needs', () => {
    const greedy = { name: 'greedy', title: '', rights: [{ action: 'logs:PutLogEvents', resource: '*', because: '' }] };
    expect(faultsOfPolicies(new Map([['policies/greedy.json', JSON.stringify(policyOf(greedy))]]))).toEqual([
      'policies/greedy.json: logs:PutLogEvents is not a read',
      'policies/greedy.json: logs:PutLogEvents can be held to less than *',
    ]);
  });
});

describe('a trust policy has a fault', () => {
  const one = { Principal: { Service: 'pods.eks.amazonaws.com' }, Action: ['sts:AssumeRole'] };
  const named = { 'aws:RequestTag/kubernetes-service-account': 'muster-remediation' };

  test('and none, when it names one service account in full', () => {
    expect(trustFaults(policy({ ...one, Condition: { StringEquals: named } }))).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['anybody', { ...one, Principal: '*', Condition: { StringEquals: named } }, '* is a wildcard'],
    ['nobody', { ...one, Principal: {}, Condition: { StringEquals: named } }, 'names nobody'],
    ['any service account', one, 'any service account may be this role'],
    [
      'service accounts by a pattern',
      { ...one, Condition: { StringLike: { 'aws:RequestTag/kubernetes-service-account': 'muster-*' } } },
      'StringLike is looser than StringEquals',
    ],
    [
      'a wildcard where it counts as a letter',
      { ...one, Condition: { StringEquals: { 'issuer:sub': 'system:serviceaccount:muster:*' } } },
      'system:serviceaccount:muster:* is a wildcard',
    ],
    [
      'more than becoming the role',
      { ...one, Action: ['sts:AssumeRole', 'iam:PassRole'], Condition: { StringEquals: named } },
      'iam:PassRole is not how a role is taken',
    ],
  ])('for trusting %s', (_, statement, fault) => {
    expect(trustFaults(policy(statement))).toContainEqual(expect.stringContaining(fault));
  });
});
