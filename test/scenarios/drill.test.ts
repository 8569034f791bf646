/** Drills as people order them from the shell, on a pack of their own, and drills that start by themselves. */
import { Client, Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { calendarOf, isBusinessHour } from '../../src/domain/on-call/business-time.ts';
import type { DrillSchedule, DrillScore } from '../../src/schema/api.ts';
import { musterProcess } from '../cli/api-server.ts';
import { ownPacksFolder } from '../support/own-pack.ts';
import { sandboxOrganisation } from '../support/sandbox-organisation.ts';
import { type Product, startProduct } from './product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct({ MUSTER_PACKS_DIR: ownPacksFolder() });
}, 120_000);
afterEach(({ task }) => {
  for (const { message } of task.result?.errors ?? []) process.stdout.write(`${message}\n${product.logs()}\n`);
});
afterAll(() => product?.stop(), 60_000);

const muster = async (...parameters: string[]) => {
  const { apiUrl, secrets } = product.facts;
  return musterProcess(parameters, { MUSTER_API: apiUrl, MUSTER_TOKEN: secrets.MUSTER_TOKEN });
};

test('a drill of an own pack and a chosen severity runs by its numbers from the alert to the score', async () => {
  const order = ['drill', 'bad-release', '--pack', 'our-own', '--severity', 'SEV2', '--speed', '60', '--people'];
  const { code, out, err } = await muster(...order, '--wait');
  expect(out).toMatch(/\d\d:\d\d {2}acknowledged/);
  expect(out).toMatch(/SEV2 of our-own: (every target met|targets missed)/);
  // A busy machine may miss a target; then the exit code says so.
  expect({ out, err, code }).toEqual({ out, err, code: out.includes('every target met') ? 0 : 1 });

  const [id = ''] = /INC-\d{4}-\d+/.exec(out) ?? [];
  const score: DrillScore = JSON.parse((await muster('drill', 'score', id, '--json')).out);
  const line = (check: string) => score.lines.find((one) => one.check === check);
  expect(line('acknowledged')).toMatchObject({ target: 'within 7 min' });
  expect(line('holdKept')).toMatchObject({
    target: '9 min',
    outcome: 'holds',
    figure: expect.stringMatching(/^9 min/),
  });
  expect(line('reviewBooked')).toMatchObject({ outcome: 'holds' });
  const incident = await product.incident(id);
  expect(incident).toMatchObject({ drill: true, pack: 'our-own', severity: 'SEV2' });
}, 240_000);

test('a forgotten transaction on a real PostgreSQL is found, its session ended after a yes, and the orders go on', async () => {
  const { sessionsEnded: before = 0 } = await product.effects();
  const { id } = await product.play('blocked-checkout', 60);
  const isOver = async () => ['resolved', 'closed'].includes((await product.incident(id)).status);
  const story = async () => (await product.client.timeline(id)).map(({ text }) => text).join('\n');
  await product.until('it is resolved', isOver, 150_000).catch(async (error) => {
    throw new Error(`${error}\n${await story()}`);
  });
  const remediations = await product.client.remediations(id);
  expect(remediations.find(({ status }) => status === 'recovered')).toMatchObject({ action: 'terminate-session' });
  expect((await product.effects()).sessionsEnded).toBe(before + 1);
  const told = await story();
  expect(told).toContain('back-office as shop_app');
  expect(told).toMatch(/0 sessions wait for a lock/);
}, 200_000);

test('a scheduled drill is listed, starts its workflow when it is due, and is gone once it is taken back', async () => {
  const given = ['bad-release', '--day', 'first tuesday', '--at', '10:00', '--pack', 'our-own', '--severity', 'SEV2'];
  const made: DrillSchedule = JSON.parse((await muster('drill', 'schedule', ...given, '--json')).out);
  const calendar = calendarOf(sandboxOrganisation);
  expect(made).toMatchObject({
    scenario: 'bad-release',
    pack: 'our-own',
    severity: 'SEV2',
    timezone: calendar.timezone,
  });
  expect(made.nextAt.map((at) => isBusinessHour(at, calendar))).toEqual([true, true, true]);
  const again = await muster('drill', 'schedule', ...given);
  expect(again.err).toContain('scheduled already');

  const listed = async () => JSON.parse((await muster('drill', 'schedules', '--json')).out).items as DrillSchedule[];
  await product.until('the schedule is listed', async () => (await listed()).some(({ id }) => id === made.id));
  expect((await listed()).find(({ id }) => id === made.id)).toEqual(made);

  const connection = await Connection.connect({ address: product.facts.temporalAddress });
  try {
    const { schedule, workflow } = new Client({ connection });
    const handle = schedule.getHandle(`drill-schedule/${made.id}`);
    const { policies, spec } = await handle.describe();
    expect({ overlap: policies.overlap, catchupWindow: policies.catchupWindow, timezone: spec.timezone }).toEqual({
      overlap: 'SKIP',
      catchupWindow: 600_000,
      timezone: calendar.timezone,
    });
    await handle.trigger();
    const started = await product.until('the workflow runs', async () => {
      const [action] = (await handle.describe()).info.recentActions;
      return action?.action.type === 'startWorkflow' ? action.action.workflow.workflowId : null;
    });
    const run = workflow.getHandle(started);
    // It begins in business hours, or waits for them with a timer.
    await product.until('the workflow decided', async () => {
      const { events } = await run.fetchHistory();
      const waits = events?.some((event) => event.timerStartedEventAttributes) ?? false;
      const { status } = await run.describe();
      return isBusinessHour(new Date().toISOString(), calendar) ? status.name === 'COMPLETED' : waits;
    });
    if ((await run.describe()).status.name === 'RUNNING') await run.terminate('the test is over');
  } finally {
    await connection.close();
  }

  expect((await muster('drill', 'unschedule', made.id)).code).toBe(0);
  await product.until('the schedule is gone', async () => (await listed()).every(({ id }) => id !== made.id));
  expect((await muster('drill', 'unschedule', made.id)).err).toContain('there is no schedule');
}, 120_000);

test('a pack, severity, scenario, day or time that there is not is refused with what there is', async () => {
  const refused = async (...parameters: string[]) => {
    const { code, err } = await muster('drill', ...parameters);
    return code === 1 ? err : `exit code ${code}`;
  };
  expect(await refused('bad-release', '--pack', 'nobodys')).toContain('guide-sev1-sev3');
  expect(await refused('bad-release', '--pack', 'our-own', '--severity', 'P7')).toContain('SEV1, SEV2, SEV3');
  expect(await refused('earthquake')).toContain('node-loss');
  const when = ['--day', 'first tuesday', '--at', '10:00'];
  expect(await refused('schedule', 'earthquake', ...when)).toContain('node-loss');
  expect(await refused('schedule', 'bad-release', '--pack', 'nobodys', ...when)).toContain('guide-sev1-sev3');
  expect(await refused('schedule', 'bad-release', '--day', 'someday', '--at', '10:00')).toContain('"first tuesday"');
  expect(await refused('schedule', 'bad-release', '--day', 'first tuesday', '--at', 'ten')).toContain('such as 10:00');
}, 60_000);
