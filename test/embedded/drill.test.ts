/** What `npm start` says of a drill that cannot be played here, before anything breaks. */
import { afterEach, expect, test } from 'vitest';
import { playDrill } from '../../src/embedded/drill.ts';
import type { World } from '../../src/embedded/world.ts';
import { secret, startUnderTest, type UnderTest } from '../integrations/sandbox-under-test.ts';

let sandbox: UnderTest;
afterEach(() => sandbox.stop());

/** The stand-in of Muster's API knows no incident and takes every drill. */
const played = async (drill: string, exit: boolean): Promise<{ code: number; said: string; ordered: string[] }> => {
  sandbox = await startUnderTest({ answerWith: () => ({ status: 200, body: { items: [], nextCursor: null } }) });
  const lines: string[] = [];
  const world = {
    apiUrl: sandbox.apiUrl,
    sandboxUrl: sandbox.url,
    secrets: { MUSTER_TOKEN: 'token-of-the-tests', MUSTER_SANDBOX_SECRET: secret },
    folder: { at: (...names: string[]) => names.join('/') },
  } as unknown as World;
  const stop = new AbortController();
  const code = await playDrill({
    options: { help: false, drill, speed: 60, exit, overrides: {} },
    world,
    say: (line) => {
      lines.push(line);
      if (line.startsWith('playing')) stop.abort();
    },
    stop: stop.signal,
  });
  const ordered = sandbox.received.filter(({ method }) => method === 'POST').map(({ path }) => path);
  return { code, said: lines.join('\n'), ordered };
};

test('a drill that needs a database is not started where the sandbox has none, and says why', async () => {
  const { code, said, ordered } = await played('blocked-checkout', true);
  expect(said).toMatch(
    /^no drill is started: blocked-checkout happens in a real database, and the sandbox has none here/,
  );
  expect({ code, ordered }).toEqual({ code: 1, ordered: [] });
});

test('without --exit it is no failure: the rest goes on', async () => {
  expect((await played('blocked-checkout', false)).code).toBe(0);
});

test('every other drill is started', async () => {
  const { said, ordered } = await played('bad-release', false);
  expect(said).toMatch(/^playing the drill bad-release/);
  expect(ordered).toEqual(['/api/v1/drills']);
});
