/** terminate-session and cancel-query on a real server with a replica: the meant sessions end, and no other. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { planHash } from '../../src/domain/remediation/plan-hash.ts';
import { type ProductionDatabase, productionDatabase, type TestClient, until } from '../support/replica.ts';
import { aSessionBench, type SessionBench } from '../support/session-bench.ts';

let server: ProductionDatabase;
let given: SessionBench;
beforeAll(async () => {
  server = await productionDatabase();
  await server.replica();
});
beforeEach(() => {
  given = aSessionBench(server.url);
});
afterEach(() => server.disconnect());

const terminate = 'terminate-session';
const cancel = 'cancel-query';
const now = { olderThan: '0s' };
const as = (role: string, entry = {}): SessionBench => aSessionBench(server.urlOf(role), entry);

const stateOf = async (pid: number): Promise<Record<string, unknown> | undefined> =>
  (await server.ask(`select state, wait_event_type, backend_type from pg_stat_activity where pid = ${pid}`))[0];
const silent = async (id: number, who: Parameters<ProductionDatabase['connect']>[0] = {}): Promise<TestClient> => {
  const client = await server.connect(who);
  await client.query(`begin; update orders set state = 'paid' where id = ${id}`);
  return client;
};
const waiting = async (id: number): Promise<{ client: TestClient; outcome: Promise<string> }> => {
  const client = await server.connect({ application: 'waiter' });
  const outcome = client.start(`update orders set state = 'lost' where id = ${id}`);
  await until('it waits', async () => (await stateOf(client.pid))?.wait_event_type === 'Lock');
  return { client, outcome };
};
const reading = async (who: Parameters<ProductionDatabase['connect']>[0] = {}) => {
  const client = await server.connect(who);
  const outcome = client.start("select pg_sleep(60), 'secret' from orders");
  await until('it reads', async () => (await stateOf(client.pid))?.state === 'active');
  return { client, outcome };
};
const isThere = async ({ pid }: { pid: number }): Promise<boolean> => (await stateOf(pid)) !== undefined;
const pidsOf = ({ requests }: { requests: unknown[] }): number[] =>
  requests.map((request) => (request as { session: { pid: number } }).session.pid);
const walsenders = () => server.ask("select pid from pg_stat_activity where backend_type = 'walsender'");

describe('a plan to end sessions', () => {
  test('names each of them, locks first, and shows no data', async () => {
    const reader = await reading();
    const quiet = await silent(1);
    const root = await silent(2, { application: 'admin-shell' });
    const { client: waiter } = await waiting(2);

    const plan = await given.plan(terminate, now);
    expect(plan).toMatchObject({
      sentence: 'End 3 sessions of shop on shop-db',
      blastClass: 'B1',
      inverse: null,
      target: { uid: expect.stringMatching(/^\d+\/\d+$/) },
      dryRun: { accepted: true, finding: 'simulated: role muster_remediation may end these sessions' },
    });
    // Both hold locks in silence; whoever is waited for comes first.
    expect(pidsOf(plan)).toEqual([root.pid, quiet.pid, reader.client.pid]);
    expect(pidsOf(plan)).not.toContain(waiter.pid);
    expect(plan.differences[0]).toMatchObject({
      path: `session ${root.pid}`,
      before: expect.stringMatching(
        /^admin-shell as shop from 127\.0\.0\.1, idle in transaction since [\d:]{8} UTC, others wait for it: begin; update orders set state = \? where id = \?$/,
      ),
      after: 'ended',
    });
    expect(JSON.stringify(plan)).not.toMatch(/secret|paid/);
    expect(plan.guards.every((guard) => guard.passed)).toBe(true);
  });
  test('stays the same while more wait and others connect, so that a yes to it still counts', async () => {
    const root = await silent(2);
    await silent(1);
    await waiting(2);
    const plan = await given.plan(terminate, { of: 'blockers', ...now });
    await waiting(2);
    await server.connect();
    const again = await given.plan(terminate, { of: 'blockers', ...now });
    expect(again.guards).not.toEqual(plan.guards);
    expect(planHash({ ...again, operationId: plan.operationId })).toBe(plan.planHash);
    const third = await silent(3);
    const { client } = await waiting(3);
    const other = await given.plan(terminate, { of: 'blockers', ...now });
    expect(pidsOf(other)).toEqual([root.pid, third.pid]);
    expect(pidsOf(other)).not.toContain(client.pid);
    expect(planHash({ ...other, operationId: plan.operationId })).not.toBe(plan.planHash);
  });

  test('is for nobody while nobody is in the way', async () => {
    await server.connect();
    expect(await given.refusal(terminate)).toMatch(/^no session of shop to end: none that may be ended is idle in a /);
    expect(await given.refusal(cancel)).toMatch(
      /none that may be ended is at the root of what others wait for or reading/,
    );
  });
  test('leaves young ones alone unless told otherwise', async () => {
    await silent(1);
    await reading();
    expect(await given.refusal(terminate)).toMatch(/^no session of shop to end/);
    expect(pidsOf(await given.plan(terminate, now))).toHaveLength(2);
  });
  test('takes one session by its process number and start, and only by both', async () => {
    const client = await server.connect();
    const [row] = await server.ask(
      `select to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from pg_stat_activity where pid = ${client.pid}`,
    );
    const plan = await given.plan(terminate, { pid: client.pid, backendStart: row?.at });
    expect(plan.sentence).toBe(`End session ${client.pid} of shop on shop-db: checkout as shop`);
    expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
    expect(await isThere(client)).toBe(false);

    expect(await given.refusal(terminate, { pid: client.pid })).toMatch(/give pid and backendStart together/);
    expect(await given.refusal(terminate, { pid: client.pid, backendStart: row?.at })).toMatch(/there is no session/);
    expect(await given.refusal(terminate, { pid: 1, backendStart: 'x', of: 'idle' })).toMatch(
      /give either one session/,
    );
  });
  test('is refused for a database that does not stand in the catalogue', async () => {
    await silent(1);
    expect(await given.refusal(terminate, now, { name: 'postgres' })).toBe(
      'shop-db is database shop, and not postgres',
    );
    expect(await given.refusal(terminate, now, { cluster: 'other' })).toMatch(/the organisation has no database other/);
  });
  test('takes no more than its share of the clients, and says how many are left', async () => {
    for (const id of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) await silent(id);
    const plan = await aSessionBench(server.url, { maxShare: 0.2 }).plan(terminate, now);
    expect(plan.requests).toHaveLength(2);
    expect(plan.risks).toContain('There are more like these, beyond what one run may end.');
    expect((await aSessionBench(server.url, { maxSessions: 3 }).plan(terminate, now)).requests).toHaveLength(3);
    expect((await given.plan(terminate, { ...now, max: 4 })).requests).toHaveLength(4);
  });
});

describe('who survives', () => {
  /** A worker that vacuums for as long as the test looks at it. */
  const aVacuum = async (): Promise<number> => {
    await server.ask(`
      create table if not exists busy as select n, repeat('x', 500) as filling from generate_series(1, 20000) n;
      alter table busy set (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,
        autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
      update busy set n = n + 1`);
    const workers = () => server.ask("select pid from pg_stat_activity where query like 'autovacuum: VACUUM%busy%'");
    await until('the table is vacuumed', async () => (await workers()).length > 0);
    return Number((await workers())[0]?.pid);
  };

  test('trap 1: ending all that is active spares replicas, autovacuum, superusers, the protected and ourselves', async () => {
    const [sender] = await walsenders();
    const vacuum = await aVacuum();
    const superuser = await reading({ role: 'muster', application: 'psql' });
    const ledger = await reading({ role: 'payroll' });
    const monthEnd = await reading({ application: 'month-end' });
    const backup = await reading({ application: 'pg_dump' });
    const meant = await reading();
    // What the documents' own command would have hit.
    const active = (await server.ask("select pid from pg_stat_activity where state = 'active'")).map(({ pid }) => pid);
    expect(active).toEqual(expect.arrayContaining([sender?.pid, vacuum, superuser.client.pid, meant.client.pid]));

    const plan = await given.plan(terminate, now);
    expect(pidsOf(plan)).toEqual([meant.client.pid]);
    expect(plan.risks.at(-1)).toMatch(
      /^Spared: .*muster is a superuser.*user payroll is protected.*month-end is protected/,
    );
    expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });

    expect(await meant.outcome).toMatch(/terminat/i);
    for (const { client } of [superuser, ledger, monthEnd, backup]) expect(await isThere(client)).toBe(true);
    expect(await stateOf(vacuum)).toMatchObject({ backend_type: 'autovacuum worker' });
    expect(await walsenders()).toEqual([sender]);
    expect(await server.isStreaming()).toBe(true);
  });
  test('none of them even when it is asked for by name', async () => {
    const startOf = async (pid: unknown) =>
      (
        await server.ask(
          `select to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from pg_stat_activity where pid = ${pid}`,
        )
      )[0]?.at;
    const [sender] = await walsenders();
    const superuser = await server.connect({ role: 'muster', application: 'psql' });
    const ledger = await server.connect({ role: 'payroll' });
    for (const [pid, because] of [
      [sender?.pid, /streams to a replica/],
      [superuser.pid, /muster is a superuser/],
      [ledger.pid, /user payroll is protected/],
    ] as const) {
      expect(await given.refusal(terminate, { pid, backendStart: await startOf(pid) })).toMatch(because);
    }
    expect(given.wire.signals).toEqual([]);
  });
  test('a superuser whom others wait for, and it is said why nobody is ended', async () => {
    const superuser = await silent(5, { role: 'muster', application: 'psql' });
    const { client, outcome } = await waiting(5);
    expect(await given.refusal(terminate, { ...now, of: 'blockers' })).toBe(
      `no session of shop to end: none that may be ended is at the root of what others wait for; spared: session ${superuser.pid}, because muster is a superuser`,
    );
    await superuser.query('rollback');
    expect(await outcome).toBe('done');
    expect(client.isOpen()).toBe(true);
  });
  test('trap 9: idle sessions, whose pools would open others at once, unless they are asked for', async () => {
    const idle = await server.connect();
    const meant = await silent(1);
    const plan = await given.plan(terminate, now);
    expect(pidsOf(plan)).toEqual([meant.pid]);

    const onPurpose = await given.plan(terminate, { ...now, of: 'idle', max: 1 });
    expect(pidsOf(onPurpose)).toEqual([idle.pid]);
    expect(onPurpose.risks).toContainEqual(expect.stringMatching(/^Pools connect again at once/));
    expect(plan.risks).not.toContainEqual(expect.stringMatching(/^Pools connect again/));

    expect(await given.apply(onPurpose)).toMatchObject({ outcome: 'applied' });
    expect([await isThere(idle), await isThere(meant)]).toEqual([false, true]);
    expect((await given.look(onPurpose)).finding).toMatch(/\d+ of 80 connections are used$/);
  });
});

describe('ending sessions', () => {
  test('lets those go on who waited, and says what it did', async () => {
    const root = await silent(1, { application: 'admin-shell' });
    const { outcome } = await waiting(1);
    const plan = await given.plan(terminate, { ...now, of: 'blockers' });
    expect(pidsOf(plan)).toEqual([root.pid]);

    expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false, partly: false });
    expect(await outcome).toBe('done');
    expect(await given.look(plan)).toMatchObject({
      state: 'settled',
      finding: expect.stringMatching(/^1 of 1 have ended; 0 sessions wait for a lock; \d+ of 80 connections/),
    });
  });
  test('twice is one effect', async () => {
    const [one, two] = [await silent(1), await silent(2)];
    const plan = await given.plan(terminate, now);
    expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
    const newcomer = await silent(1);
    expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: true });
    expect(given.wire.signals.map(({ pid }) => pid)).toEqual([one.pid, two.pid]);
    expect(await isThere(newcomer)).toBe(true);
  });
  test('is one effect when the answer is lost', async () => {
    await silent(1);
    const plan = await given.plan(terminate, now);
    given.wire.loseAnswer = true;
    expect(await given.apply(plan)).toMatchObject({
      outcome: 'applied',
      finding: expect.stringContaining('the answer was lost, the target shows the change'),
    });
    expect(given.wire.signals).toHaveLength(1);
  });
  test('is tried again when the request is lost', async () => {
    const client = await silent(1);
    const plan = await given.plan(terminate, now);
    given.wire.loseRequest = true;
    await expect(given.apply(plan)).rejects.toMatchObject({ nonRetryable: false });
    expect(await isThere(client)).toBe(true);
    expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: false });
    expect(given.wire.signals).toHaveLength(1);
  });
  test('leaves alone whoever has gone on to something else since the plan, and ends the others', async () => {
    const [busy, stuck] = [await silent(1), await silent(2)];
    const plan = await given.plan(terminate, now);
    await busy.query('commit');
    expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
    expect([await isThere(busy), await isThere(stuck)]).toEqual([true, false]);
    expect(await given.look(plan)).toMatchObject({
      finding: expect.stringMatching(/^1 of 2 have ended, and the rest/),
    });
  });
  test('leaves alone whoever goes on in the last moment, between the look and the signal', async () => {
    const client = await silent(1);
    const plan = await given.plan(terminate, now);
    given.wire.beforeSignal = () => client.query('commit; begin; select 1');
    expect(await given.apply(plan)).toMatchObject({ outcome: 'superseded' });
    expect(given.wire.signals).toHaveLength(1);
    expect(await isThere(client)).toBe(true);
  });
  test('leaves a root alone that nobody waits for any more', async () => {
    const root = await silent(1);
    const { client } = await waiting(1);
    const plan = await given.plan(terminate, { ...now, of: 'blockers' });
    await server.ask(`select pg_terminate_backend(${client.pid}, 5000)`);
    expect(await given.apply(plan)).toMatchObject({ outcome: 'superseded' });
    expect(await isThere(root)).toBe(true);
  });
  test('leaves alone who has become protected by another name', async () => {
    const client = await silent(1);
    const plan = await given.plan(terminate, now);
    await client.query("set application_name = 'month-end'");
    expect(await given.apply(plan)).not.toMatchObject({ outcome: 'applied' });
    expect(await isThere(client)).toBe(true);
  });
  test('is found done when all have gone by themselves, and whoever came since is left alone', async () => {
    const client = await silent(1);
    const plan = await given.plan(terminate, now);
    await server.ask(`select pg_terminate_backend(${client.pid}, 5000)`);
    const next = await silent(1);
    expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: true });
    expect(given.wire.signals).toEqual([]);
    expect(await isThere(next)).toBe(true);
  });
  test('that take their time, as a large rollback does, are looked at again and not taken for ended', async () => {
    const client = await silent(1);
    const plan = await given.plan(terminate, now);
    process.kill(client.pid, 'SIGSTOP');
    try {
      await expect(given.apply(plan)).rejects.toMatchObject({
        nonRetryable: false,
        message: expect.stringContaining('it will be looked at again'),
      });
      expect(await isThere(client)).toBe(true);
    } finally {
      process.kill(client.pid, 'SIGCONT');
    }
    await client.ended;
    expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied' });
    expect(given.wire.signals).toHaveLength(1);
  });
  test('waits for a connection where none is left for us, and is not given up', async () => {
    const client = await silent(1);
    const plan = await given.plan(terminate, now);
    given.wire.beforeSignal = () => server.ask('alter role muster_remediation connection limit 0');
    try {
      await expect(given.apply(plan)).rejects.toMatchObject({ nonRetryable: false });
    } finally {
      await server.ask('alter role muster_remediation connection limit -1');
    }
    expect(await isThere(client)).toBe(true);
    expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied' });
    expect(await isThere(client)).toBe(false);
  });
  test('stops at the kill switch', async () => {
    const client = await silent(1);
    const plan = await given.plan(terminate, now);
    given.store.stops.add('global');
    expect(await given.apply(plan)).toMatchObject({ outcome: 'held' });
    expect(await isThere(client)).toBe(true);
  });
});

describe('cancelling statements', () => {
  test('ends the statement, and its session stays', async () => {
    const { client, outcome } = await reading();
    const plan = await given.plan(cancel, now);
    expect(plan.sentence).toBe(`Cancel the statement of session ${client.pid} of shop on shop-db: checkout as shop`);
    expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
    expect(await outcome).toMatch(/canceling statement due to user request/);
    expect(await given.look(plan)).toMatchObject({ finding: expect.stringMatching(/^1 of 1 have ended; /) });
    await client.query('select 1');
  });
  test('never reaches the statement that came after it', async () => {
    const { client, outcome } = await reading();
    const plan = await given.plan(cancel, now);
    await server.ask(`select pg_cancel_backend(${client.pid})`);
    await outcome;
    const next = client.start('select pg_sleep(60)');
    await until('the next one runs', async () => (await stateOf(client.pid))?.state === 'active');
    expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: true });
    expect(given.wire.signals).toEqual([]);
    expect(await stateOf(client.pid)).toMatchObject({ state: 'active' });
    await server.ask(`select pg_cancel_backend(${client.pid})`);
    expect(await next).toMatch(/cancel/);
  });
  test('is not for a session that runs none', async () => {
    const client = await silent(1);
    const { client: waiter } = await waiting(1);
    expect(await given.refusal(cancel, { ...now, of: 'blockers' })).toMatch(/^no session of shop to end/);
    expect(await given.refusal(cancel, { of: 'idle' })).toMatch(/cancel-query cannot take these params/);
    const [row] = await server.ask(
      `select to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from pg_stat_activity where pid = ${client.pid}`,
    );
    expect(await given.refusal(cancel, { pid: client.pid, backendStart: row?.at })).toBe(
      `session ${client.pid} runs no statement (idle in transaction); end it with terminate-session`,
    );
    expect(await isThere(waiter)).toBe(true);
  });
});

describe('a role without the rights', () => {
  test('cannot see, and says which GRANT is missing instead of finding nobody', async () => {
    await silent(1);
    expect(await as('blind').refusal(terminate, now)).toMatch(/GRANT pg_read_all_stats TO blind/);
    expect(await as('mute').refusal(terminate, now)).not.toMatch(/pg_read_all_stats/);
  });
  test('cannot end anybody, and says which GRANT is missing', async () => {
    const client = await silent(1);
    expect(await as('mute').refusal(terminate, now)).toMatch(/GRANT pg_signal_backend TO mute/);
    expect(await isThere(client)).toBe(true);
  });
  test('loses them after the plan, and nothing is ended', async () => {
    const client = await silent(1);
    const plan = await given.plan(terminate, now);
    await server.ask('revoke pg_signal_backend from muster_remediation');
    try {
      expect(await given.apply(plan)).toMatchObject({
        outcome: 'refused',
        finding: expect.stringContaining('GRANT pg_signal_backend TO muster_remediation'),
      });
      expect(await isThere(client)).toBe(true);
    } finally {
      await server.ask('grant pg_signal_backend to muster_remediation');
    }
  });
  test('has too many as a superuser, and is refused', async () => {
    await silent(1);
    expect(await as('muster').refusal(terminate, now)).toMatch(
      /role muster is a superuser, and nobody is ended as one/,
    );
  });
});
