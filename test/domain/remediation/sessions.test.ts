import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chooseSessions,
  lockWaits,
  type Protection,
  type SessionGroup,
  sessionCap,
  sessionGroups,
  type Wish,
  whySpared,
} from '../../../src/domain/remediation/sessions.ts';
import type { Session } from '../../../src/schema/database.ts';

const nobody: Protection = { users: [], applications: [] };
const at = '2026-11-21T10:00:00.000000Z';
let pids = 100;

const aSession = (more: Partial<Session> = {}): Session => {
  pids += 1;
  return {
    pid: pids,
    backendStart: at,
    user: 'shop',
    isSuperuser: false,
    application: 'checkout',
    clientAddress: '10.0.0.1',
    database: 'shop',
    backendType: 'client backend',
    state: 'idle',
    xactStart: null,
    queryStart: at,
    stateChange: at,
    xactAgeSeconds: null,
    queryAgeSeconds: 3_600,
    stateAgeSeconds: 3_600,
    waitsFor: null,
    holdsLocks: false,
    blockedBy: [],
    blocks: [],
    statement: 'select ?',
    readsOnly: true,
    isOurs: false,
    ...more,
  };
};
const idleInTransaction = (more: Partial<Session> = {}) =>
  aSession({ state: 'idle in transaction', xactStart: at, xactAgeSeconds: 3_600, holdsLocks: true, ...more });
const running = (more: Partial<Session> = {}) =>
  aSession({ state: 'active', xactStart: at, xactAgeSeconds: 3_600, ...more });
const blocker = (more: Partial<Session> = {}) => running({ readsOnly: false, blocks: [1, 2], ...more });

const choose = (sessions: Session[], wish: Partial<Wish> = {}, protection = nobody) =>
  chooseSessions(sessions, { database: 'shop', protection, wish: { max: 20, ...wish } });
const chosenOf = (sessions: Session[], wish: Partial<Wish> = {}) =>
  choose(sessions, wish).chosen.map((one) => one.session);

describe('who may be ended', () => {
  test.each<[string, Partial<Session>, RegExp]>([
    ['a replica', { backendType: 'walsender', user: 'replicator' }, /streams to a replica/],
    ['an autovacuum worker', { backendType: 'autovacuum worker', user: null }, /server's own \(autovacuum worker\)/],
    ['a parallel worker', { backendType: 'parallel worker' }, /server's own \(parallel worker\)/],
    ['a kind that nobody has heard of', { backendType: 'slotsync worker' }, /server's own/],
    ['a superuser', { user: 'postgres', isSuperuser: true }, /postgres is a superuser/],
    ["Muster's own", { isOurs: true }, /Muster's own/],
    ['somebody without a name', { user: null }, /nobody can say/],
    ['a client of another database', { database: 'payroll' }, /another database \(payroll\)/],
    ['a backup', { application: 'pg_dump' }, /pg_dump is protected/],
    ['the high availability', { application: 'patroni restapi' }, /is protected/],
  ])('not %s', (_, more, because) => {
    expect(whySpared(blocker(more), 'shop', nobody)).toMatch(because);
    const { chosen, spared } = choose([blocker(more)]);
    expect(chosen).toEqual([]);
    expect(spared[0]?.because).toMatch(because);
  });
  test('not a user or an application that the catalogue protects', () => {
    const protection = { users: ['ledger'], applications: ['month-end', 'etl-*'] };
    expect(whySpared(blocker({ user: 'ledger' }), 'shop', protection)).toBe('user ledger is protected');
    expect(whySpared(blocker({ application: 'Month-End' }), 'shop', protection)).toMatch(/protected/);
    expect(whySpared(blocker({ application: 'etl-nightly' }), 'shop', protection)).toMatch(/protected/);
    expect(whySpared(blocker({ user: 'ledger2', application: 'month-end-2' }), 'shop', protection)).toBeNull();
  });
  test('any other client, the leader of parallel workers too', () => {
    expect(whySpared(running(), 'shop', nobody)).toBeNull();
  });

  test('a protected or system session is never chosen, whatever is asked for', () => {
    const anyone: fc.Arbitrary<Session> = fc
      .record({
        pid: fc.integer({ min: 1, max: 60_000 }),
        user: fc.constantFrom('shop', 'ledger', 'postgres', null),
        isSuperuser: fc.boolean(),
        application: fc.constantFrom('checkout', 'etl-1', 'pg_dump', 'pg_basebackup', ''),
        database: fc.constantFrom('shop', 'payroll', null),
        backendType: fc.constantFrom('client backend', 'walsender', 'autovacuum worker', 'parallel worker', 'x'),
        state: fc.constantFrom(
          'active',
          'idle',
          'idle in transaction',
          'idle in transaction (aborted)',
          'disabled',
          null,
        ),
        holdsLocks: fc.boolean(),
        readsOnly: fc.boolean(),
        isOurs: fc.boolean(),
        blocks: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
        blockedBy: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 2 }),
        xactAgeSeconds: fc.option(fc.nat(9_999)),
        queryAgeSeconds: fc.option(fc.nat(9_999)),
        stateAgeSeconds: fc.option(fc.nat(9_999)),
      })
      .map((more) => aSession(more));
    const protection = { users: ['ledger'], applications: ['etl-*'] };
    fc.assert(
      fc.property(
        fc.array(anyone, { maxLength: 30 }),
        fc.option(fc.constantFrom(...sessionGroups), { nil: undefined }),
        fc.nat(700),
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        (sessions, of, olderThanSeconds, max, runningOnly) => {
          const { chosen } = choose(sessions, { of, olderThanSeconds, max, runningOnly }, protection);
          expect(chosen.length).toBeLessThanOrEqual(max);
          expect(new Set(chosen.map((one) => one.session)).size).toBe(chosen.length);
          for (const { session } of chosen) {
            expect(session).toMatchObject({
              backendType: 'client backend',
              database: 'shop',
              isSuperuser: false,
              isOurs: false,
            });
            // A name alone makes nobody a superuser.
            expect(['shop', 'postgres']).toContain(session.user);
            expect(['checkout', '']).toContain(session.application);
            if (of === undefined) expect(session.state === 'idle' && session.blocks.length === 0).toBe(false);
            if (runningOnly) expect(session.state).toBe('active');
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('who is chosen, and in which order', () => {
  test('locks held in silence first, then the roots of waiting, then long reads', () => {
    const [long, root, silent] = [running(), blocker(), idleInTransaction()];
    expect(chosenOf([long, root, silent])).toEqual([silent, root, long]);
  });
  test('idle sessions only when somebody asks for them', () => {
    const idle = aSession();
    expect(chosenOf([idle])).toEqual([]);
    expect(chosenOf([idle], { of: 'idle' })).toEqual([idle]);
  });
  test('the root of waiting, not those in the middle who wait themselves', () => {
    const root = blocker({ pid: 1, blocks: [2] });
    const middle = blocker({ pid: 2, blocks: [3], blockedBy: [1] });
    const last = running({ pid: 3, readsOnly: false, blockedBy: [2] });
    expect(chosenOf([last, middle, root], { of: 'blockers' })).toEqual([root]);
    expect(lockWaits([last, middle, root])).toBe(2);
  });
  test('a silent transaction that others wait for counts as a blocker too', () => {
    const silent = idleInTransaction({ blocks: [7] });
    expect(chosenOf([silent], { of: 'blockers' })).toEqual([silent]);
    expect(choose([silent]).chosen).toEqual([{ session: silent, group: 'idleInTransaction' }]);
  });
  test.each<[SessionGroup, Session, Session]>([
    ['idleInTransaction', idleInTransaction({ stateAgeSeconds: 600 }), idleInTransaction({ stateAgeSeconds: 599 })],
    ['blockers', blocker({ xactAgeSeconds: 60 }), blocker({ xactAgeSeconds: 59 })],
    ['longQueries', running({ queryAgeSeconds: 300 }), running({ queryAgeSeconds: 299 })],
    ['idle', aSession({ stateAgeSeconds: 600 }), aSession({ stateAgeSeconds: 599 })],
  ])('%s: only after some time, unless another one is given', (of, old, young) => {
    expect(chosenOf([old, young], { of })).toEqual([old]);
    expect(chosenOf([old, young], { of, olderThanSeconds: 0 })).toHaveLength(2);
    expect(chosenOf([old, young], { of, olderThanSeconds: 10_000 })).toEqual([]);
  });
  test('a long statement that changes something is no long read', () => {
    expect(chosenOf([running({ readsOnly: false })])).toEqual([]);
  });
  test('a silent transaction without locks is in nobody’s way', () => {
    expect(chosenOf([idleInTransaction({ holdsLocks: false })])).toEqual([]);
  });
  test('the most awaited first, then the oldest, and the rest is counted', () => {
    const [two, one, old] = [
      blocker({ blocks: [1, 2], xactAgeSeconds: 100 }),
      blocker({ blocks: [3], xactAgeSeconds: 100 }),
      blocker({ blocks: [4], xactAgeSeconds: 900 }),
    ];
    const { chosen, left } = choose([one, old, two], { of: 'blockers', max: 2 });
    expect(chosen.map((each) => each.session)).toEqual([two, old]);
    expect(left).toBe(1);
  });
  test('only what runs, where a statement is to be cancelled', () => {
    const [silent, root] = [idleInTransaction({ blocks: [7] }), blocker()];
    expect(chosenOf([silent, root], { of: 'blockers', runningOnly: true })).toEqual([root]);
  });
});

describe('how many one run may end', () => {
  const clients = (count: number) => Array.from({ length: count }, () => aSession());
  const limits = { maxShare: 0.2, maxSessions: 20 };
  test('a share of the clients of this database', () => {
    const others = [
      aSession({ database: 'payroll' }),
      aSession({ backendType: 'walsender' }),
      aSession({ isOurs: true }),
    ];
    expect(sessionCap([...clients(50), ...others], 'shop', limits)).toEqual({ cap: 10, limit: 10, clients: 50 });
  });
  test('never more than the plain number', () => {
    expect(sessionCap(clients(500), 'shop', limits)).toMatchObject({ cap: 20, limit: 20 });
  });
  test('a plan still holds when a client or two have left meanwhile, and not when a quarter has', () => {
    const { cap } = sessionCap(clients(20), 'shop', limits);
    expect(sessionCap(clients(18), 'shop', limits).limit).toBeGreaterThanOrEqual(cap);
    expect(sessionCap(clients(15), 'shop', limits).limit).toBeLessThan(cap);
  });
  test('but one, however few there are', () => {
    expect(sessionCap(clients(3), 'shop', limits).cap).toBe(1);
  });
});
