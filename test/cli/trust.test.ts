import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { muster, startApi, talkTo } from './api-server.ts';

const row = {
  runbook: 'bad-release',
  version: 3,
  action: 'roll-back-deployment',
  environment: 'production',
  signature: 'CrashLoopBackOff',
  runs: 10,
  verified: 10,
  ineffective: 0,
  harmful: 0,
  aborted: 1,
  bound: 0.7225,
  suggestion: 'promote',
  demotedBecause: null,
  lastAt: '2026-12-24T08:00:00.000Z',
};
const trust = async (items: object[], ...words: string[]) => {
  const server = await startApi({ 'GET /api/v1/trust': { status: 200, body: { drills: false, items } } });
  return muster(['trust', ...words], talkTo(server));
};

describe('trust', () => {
  test('shows runs, bound and what follows', async () => {
    const { code, out } = await trust([row]);
    expect(code).toBe(0);
    expect(out).toMatch(/bad-release@3 +roll-back-deployment +production +CrashLoopBackOff +10 +10 +0 +0 +0\.72/);
    expect(out).toContain('a policy may let it act without a question');
  });
  test('says why a runbook is not trusted any more', async () => {
    const demotedBecause = 'it made things worse once';
    const { out } = await trust([{ ...row, harmful: 1, suggestion: 'demoted', demotedBecause }]);
    expect(out).toContain('asks a person each time until there is a new version: it made things worse once');
  });
  test('says that nothing ran yet', async () => {
    expect((await trust([])).out).toContain('no runbook was carried out yet');
  });
  test('as JSON is what the API said', async () => {
    expect(JSON.parse((await trust([row], '--json')).out)).toEqual({ drills: false, items: [row] });
  });
});

describe('mode, without the API', () => {
  const own = fileURLToPath(new URL('../packs/broken-remediation/good', import.meta.url));
  const checkout = ['mode', '--service', 'checkout', '--class'];
  const mode = (...words: string[]) => muster([...checkout, ...words], {});

  test('as Muster comes: a roll-back in production waits for a commander', async () => {
    const { code, out } = await mode('B2', '--runbook', 'bad-release');
    expect(code).toBe(0);
    expect(out).toContain('approve: a plan waits for the yes of people');
    expect(out).toContain('policy production says approve for B2 in production');
    expect(out).toContain('one yes of a commander, but nobody who proposed it; without an answer in 15 min');
    expect(out).toContain('2 of one target within 1 h, 5 within a day');
  });
  test('a new runbook of your own only observes, and how to change that', async () => {
    const { out } = await mode('B2', '--runbook', 'drop-cache@2', '--environment', 'staging');
    expect(out).toContain('observe: the timeline says what would be done');
    expect(out).toContain('newRunbooks.trusted: [drop-cache@2]');
  });
  test('policies of your own count, from a flag or from the environment', async () => {
    const byFlag = await mode('B1', '--runbook', 'bad-release', '--remediation', own, '--at', '2026-11-25T12:00:00Z');
    expect(byFlag.out).toContain('auto: it is done without a question');
    const byVariable = await muster([...checkout, 'B1', '--runbook', 'bad-release', '--at', '2026-11-25T12:00:00Z'], {
      MUSTER_REMEDIATION_DIR: own,
    });
    expect(byVariable.out).toBe(byFlag.out);
  });
  test('a freeze window lowers it, and says which', async () => {
    const { out } = await mode('B1', '--runbook', 'bad-release', '--remediation', own, '--at', '2026-12-24T12:00:00Z');
    expect(out).toContain('recommend: people are shown what could be done');
    expect(out).toContain('frozen by peak: the weeks in which customers buy most');
  });
  test('as JSON it is the whole decision', async () => {
    const { out } = await mode('B3', '--json');
    expect(JSON.parse(out)).toMatchObject({ mode: 'approve', approval: { count: 2 }, rules: { flap: { times: 2 } } });
  });
  test.each([
    ['a class that does not exist', ['B9'], 'give B0, B1, B2, B3 or B4'],
    ['a runbook in no form', ['B2', '--runbook', 'A b'], 'give name@version'],
    ['a time in no form', ['B2', '--at', 'noon'], '--at noon'],
    ['a service that nobody has', ['B2', '--service', 'chekout'], 'the catalogue has no service chekout'],
  ])('%s is not understood', async (_, words, remedy) => {
    const { code, err } = await mode(...words);
    expect(code).toBe(2);
    expect(err).toContain(remedy);
  });
});
