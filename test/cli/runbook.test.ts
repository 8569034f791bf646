import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anEvidence, aPod, aRelease } from '../packs/runbook-case.ts';
import { muster } from './api-server.ts';

const broken = fileURLToPath(new URL('../packs/broken-runbooks', import.meta.url));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-runbook-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, value: unknown): string => {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(value));
  return file;
};
const checkout = ['--target', 'Deployment/shop/checkout'];
const release = {
  facts: { change: { kind: 'image', score: 0.85, runnerUp: 0, ageMinutes: 5, what: 'the release of checkout 2.4.0' } },
  incident: { rank: 1, alerts: [{ title: 'CheckoutErrorRate', signals: { errorRate: 0.2 } }] },
};

describe('runbook list and check', () => {
  test('name those that come with Muster, without the API', async () => {
    const { code, out } = await muster(['runbook', 'list']);
    expect(code).toBe(0);
    expect(out).toMatch(/bad-release +1 +platform +2 +Errors after a deployment/);
    expect(out).toMatch(/data-loss +1 +database +none: stops/);
  });

  test('read those of your own from MUSTER_REMEDIATION_DIR or from where you say', async () => {
    cpSync(join(broken, 'good/slow-shop.yaml'), join(folder, 'slow-shop.yaml'));
    const said = await muster(['runbook', 'list', '--remediation', folder]);
    const known = await muster(['runbook', 'list'], { MUSTER_REMEDIATION_DIR: folder });
    expect(said.out).toMatch(/slow-shop +2 \(own\)/);
    expect(known.out).toBe(said.out);
  });

  test('say file, line, field and remedy of a fault, and exit with 1', async () => {
    cpSync(join(broken, 'step-leads-back.yaml'), join(folder, 'ours.yaml'));
    const { code, out, err } = await muster(['runbook', 'check', folder]);
    expect(code).toBe(1);
    expect(out).toContain(`${join(folder, 'ours.yaml')}:61:32`);
    expect(out).toContain('spec.steps[1].on.ineffective: leads back up to "scaleUp"; a runbook only goes down');
    expect(err).toContain('1 fault; correct them and check again');
  });

  test('have nothing to say of sound ones, and exit with 0', async () => {
    cpSync(join(broken, 'good/slow-shop.yaml'), join(folder, 'slow-shop.yaml'));
    const { code, out } = await muster(['runbook', 'check', folder]);
    expect(code).toBe(0);
    expect(out).toMatch(/^15 runbooks \(.*slow-shop.*\): no faults\n$/);
  });
});

describe('runbook explain', () => {
  test('reads it aloud: when, what in which order, what after each verdict, and what never', async () => {
    const { code, out } = await muster(['runbook', 'explain', 'database-connection-exhaustion']);
    expect(code).toBe(0);
    const places = [
      'an alert is called *Connections*, or signals.dbConnections > 0.9',
      'Input idleOlderThan: 10 min (5 min to 2 h).',
      '1. cancelLongQueries',
      'ineffective: goes on with endIdleInTransaction',
      '5. endIdle',
      'Never',
      'their pools open new ones at once',
    ].map((words) => out.indexOf(words));
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(places[0]).toBeGreaterThan(0);
  });

  test('says of one that stops automation whom it pages and what it asks', async () => {
    const { out } = await muster(['runbook', 'explain', 'data-loss']);
    expect(out).toContain('Stops automation.');
    expect(out).toContain('Pages on-call-lead and asks: Stop writes');
    expect(out).not.toContain('1. ');
  });

  test('says with facts what it would make of them as well, also where nobody says of which service they are', async () => {
    const { code, out } = await muster([
      'runbook',
      'explain',
      'data-loss',
      '--facts',
      put('facts.json', { facts: { data: { suspected: true } } }),
    ]);
    expect(code).toBe(0);
    expect(out).toContain('data-loss version 1 matches and concludes');
    expect(out).toContain('Data of (unknown) may be lost or damaged');
  });

  test('names those that there are when it does not know one', async () => {
    const { code, err } = await muster(['runbook', 'explain', 'bad-releas']);
    expect(code).toBe(2);
    expect(err).toContain('there is no runbook bad-releas; give one of');
  });
});

describe('runbook dry-run', () => {
  const ofBadRelease = (facts: object, ...inputs: string[]) =>
    muster(['runbook', 'dry-run', 'bad-release', ...checkout, '--facts', put('facts.json', facts), ...inputs]);

  test('shows the first step with its action and target, and why the others are none', async () => {
    const { code, out } = await ofBadRelease(release);
    expect(code).toBe(0);
    expect(out).toContain('bad-release version 1 matches and concludes');
    expect(out).toContain('the release of checkout 2.4.0 came 5 min before the first symptom');
    expect(out).toContain('1. rollBack first: it is always a candidate');
    expect(out).toContain('roll-back-deployment on Deployment shop/checkout in sandbox, within 12 min');
    expect(out).toContain('worse: takes it back and pages the next level');
  });

  test('does nothing where the runbook does not conclude, and says why', async () => {
    const unsure = { ...release, facts: { change: { ...release.facts.change, runnerUp: 0.6 } } };
    const { code, out } = await ofBadRelease(unsure);
    expect(code).toBe(0);
    expect(out).toContain('matches, and does not conclude');
    expect(out).toContain('Nothing would be done: No one deployment within the look back stands out');
    expect(out).not.toContain('rollBack first');
  });

  test('takes evidence as the api gives it', async () => {
    const evidence = anEvidence({
      suspects: [aRelease()],
      pods: [aPod('a'), aPod('b', { ready: false, reason: 'CrashLoopBackOff' })],
    });
    const { out } = await muster([
      'runbook',
      'dry-run',
      'crash-loop',
      '--json',
      '--service',
      'checkout',
      '--facts',
      put('evidence.json', evidence),
    ]);
    expect(JSON.parse(out)).toMatchObject({
      outcome: 'concludes',
      first: 'rollBack',
      compiled: { name: 'crash-loop', version: 1 },
    });
  });

  test('without facts knows nothing, and therefore would do nothing', async () => {
    const { out } = await muster(['runbook', 'dry-run', 'crash-loop', '--json', ...checkout]);
    expect(JSON.parse(out)).toMatchObject({
      outcome: 'noMatch',
      why: expect.stringContaining('pods.crashing is not known'),
    });
  });

  test('takes inputs within their bounds', async () => {
    const facts = { ...release, facts: { change: { ...release.facts.change, ageMinutes: 150 } } };
    const run = (...inputs: string[]) => ofBadRelease(facts, ...inputs);
    expect((await run()).out).toContain('does not conclude');
    expect((await run('--input', 'lookBack=3h')).out).toContain('matches and concludes');
    expect((await run('--input', 'lookBack=9h')).err).toContain('input lookBack goes from 1 h to 4 h; 9 h does not');
    expect((await run('--input', 'lookBack=soon')).code).toBe(2);
  });

  test.each([
    [
      'a fact that there is not',
      { facts: { change: { skore: 1 } } },
      'facts.change.skore: is not known; did you mean "score"?',
    ],
    ['a group that there is not', { facts: { chang: {} } }, 'facts.chang: is not known; did you mean "change"?'],
    ['a fact of another type', { facts: { pods: { total: 'three' } } }, 'facts.pods.total'],
  ])('does not take %s', async (_, value, words) => {
    const { code, err } = await muster([
      'runbook',
      'dry-run',
      'bad-release',
      ...checkout,
      '--facts',
      put('facts.json', value),
    ]);
    expect(code).toBe(1);
    expect(err).toContain(words);
  });

  test.each([
    ['no target', [], 'give --target KIND/NAMESPACE/NAME or --service ID'],
    ['a target that is none', ['--target', 'checkout'], 'is no workload; give Kind/namespace/name'],
    ['a service that is none', ['--service', 'shop'], 'there is no service shop'],
    ['facts that are not there', [...checkout, '--facts', 'nowhere.json'], 'cannot be read'],
  ])('asks again for %s', async (_, options, words) => {
    const { code, err } = await muster(['runbook', 'dry-run', 'bad-release', ...options]);
    expect(code).toBe(2);
    expect(err).toContain(words);
  });
});
