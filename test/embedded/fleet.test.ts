/** Waves that overlap: who waits for whom while everything starts. */
import { expect, test } from 'vitest';
import { Unavailable } from '../../src/domain/errors.ts';
import { openFleet } from '../../src/embedded/fleet.ts';
import type { ProcessList } from '../../src/embedded/process-list.ts';
import type { Exit } from '../../src/embedded/program.ts';
import type { Service } from '../../src/embedded/tended.ts';

const list: ProcessList = { add: () => {}, remove: () => {}, entries: () => [], close: () => {} };

/** A child that becomes ready when told to. */
const aChild = (name: string, more: Partial<Service> = {}) => {
  const state = { ready: false };
  const service: Service = {
    name,
    logFile: '/dev/null',
    readyWithinMs: 10_000,
    isReady: async () => state.ready,
    launch: async () => {
      let end: (exit: Exit) => void = () => {};
      const exited = new Promise<Exit>((resolve) => {
        end = resolve;
      });
      return { pid: -1, exited, stop: async () => end({ code: 0, signal: null }), logStart: 0 };
    },
    ...more,
  };
  const becomeReady = (): void => {
    state.ready = true;
  };
  return { service, becomeReady };
};

const stateOf = (promise: Promise<void>): Promise<string> =>
  Promise.race([promise.then(() => 'done'), new Promise<string>((later) => setImmediate(() => later('waiting')))]);

test('api and workers start while Temporal comes up, and everything counts as up only when Temporal is', async () => {
  const [postgres, temporal] = [aChild('postgres'), aChild('temporal', { isAwaitedByPatience: true })];
  const fleet = openFleet({ list, log: () => {} });
  const { next, ready } = fleet.start([postgres.service, temporal.service]);
  expect(await stateOf(next)).toBe('waiting');
  postgres.becomeReady();
  await next;
  expect(await stateOf(ready)).toBe('waiting');
  temporal.becomeReady();
  await ready;
  await fleet.stop();
});

test('and when it cannot be started at all, nobody goes on waiting for PostgreSQL', async () => {
  const cannotRun = async () => {
    throw new Unavailable('no Temporal CLI');
  };
  const fleet = openFleet({ list, log: () => {} });
  const broken = aChild('temporal', { isAwaitedByPatience: true, launch: cannotRun });
  const { next, ready } = fleet.start([aChild('postgres').service, broken.service]);
  await expect(next).rejects.toThrow('no Temporal CLI');
  await expect(ready).rejects.toThrow('no Temporal CLI');
  await fleet.stop();
});
