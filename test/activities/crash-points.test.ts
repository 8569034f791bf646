/**
 * A worker may die at any moment and any message may get lost: whatever the action, each request of its plan is carried
 * out once, proved by what the target was asked. Dying is played here by a throw that nothing catches; the real kill -9
 * is in crash-process.test.ts and test/scenarios/crash.test.ts.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { actions } from '../../activities/actions/index.ts';
import { VendorError } from '../../src/domain/errors.ts';
import { type CrashScene, crashScenes, failpoints } from '../support/crash-scenes.ts';
import { type Around, aCrashWorld, type CrashWorld } from '../support/crash-worlds.ts';
import { type Plane, startSandboxPlane } from '../support/kube/planes.ts';

/** A cluster per action: the pods of all worlds together would keep one busy. */
let sandbox: Plane | null = null;
afterEach(async () => {
  await sandbox?.stop();
  sandbox = null;
  vi.restoreAllMocks();
  delete process.env.MUSTER_FAILPOINT;
});

class Died extends Error {}

type Fate = 'dies before it leaves' | 'dies before its answer comes' | 'it is lost' | 'its answer is lost';
type Point = { failpoint: string } | { nth: number; fate: Fate };

const fates: Fate[] = ['dies before it leaves', 'dies before its answer comes', 'it is lost', 'its answer is lost'];
/** Of a plan with this many requests. */
const pointsOf = (requests: number): Point[] => [
  ...failpoints.map((failpoint) => ({ failpoint })),
  ...Array.from({ length: requests }, (_, at) => fates.map((fate) => ({ nth: at + 1, fate }))).flat(),
];
const inWords = (point: Point): string =>
  'failpoint' in point ? `dies at ${point.failpoint}` : `request ${point.nth}: ${point.fate}`;

const noAnswer = (): VendorError =>
  new VendorError('no answer', { vendor: 'the target', status: null, terminal: false });

/** Lets it happen once, and counts what the target carried out. */
const befall = (point: Point): { around: Around; carriedOut(): number; happened(): boolean } => {
  let [sent, carriedOut, happened] = [0, 0, false];
  const strike = (fate: Fate): void => {
    happened = true;
    throw fate.startsWith('dies') ? new Died(fate) : noAnswer();
  };
  if ('failpoint' in point) {
    process.env.MUSTER_FAILPOINT = point.failpoint;
    vi.spyOn(process, 'kill').mockImplementation(() => {
      delete process.env.MUSTER_FAILPOINT;
      happened = true;
      throw new Died(point.failpoint);
    });
  }
  return {
    carriedOut: () => carriedOut,
    happened: () => happened,
    async around(send) {
      sent += 1;
      const fate = 'nth' in point && sent === point.nth ? point.fate : null;
      if (fate === 'dies before it leaves' || fate === 'it is lost') strike(fate);
      const answer = await send();
      carriedOut += 1;
      if (fate !== null) strike(fate);
      return answer;
    },
  };
};

const attemptsMax = 8;
/** As Temporal does: again and again until it says what became of it. */
const untilSaid = async (world: CrashWorld): Promise<{ outcome: string; attempts: number }> => {
  for (let attempts = 1; attempts <= attemptsMax; attempts += 1) {
    try {
      const { outcome } = await world.apply(attempts);
      return { outcome, attempts };
    } catch (error) {
      const { nonRetryable } = error as { nonRetryable?: boolean };
      if (nonRetryable) throw error;
    }
  }
  return { outcome: 'never said', attempts: attemptsMax };
};

const playedAt = async (point: Point, world: CrashWorld) => {
  const { around, carriedOut, happened } = befall(point);
  world.intercept(around);
  const { outcome, attempts } = await untilSaid(world);
  const once = carriedOut();
  // A late attempt of the same run, when all is said already.
  const later = await world.apply(attempts + 1);
  return {
    point: inWords(point),
    happened: happened(),
    outcome,
    once,
    again: carriedOut() - once,
    later: later.outcome,
    ledger: world.ledger(),
  };
};

/** Its own yes proves it; without that a person looks, and nothing is sent a second time. */
const blindEnds = [
  { outcome: 'applied', once: 1 },
  { outcome: 'unknown', once: 1 },
  { outcome: 'unknown', once: 0 },
];

const togetherMax = 4;
/** Builds a few worlds at a time, and plays one point in each. */
const playAll = async (scene: CrashScene, points: Point[], plane: Plane) => {
  const seen: Awaited<ReturnType<typeof playedAt>>[] = [];
  for (let at = 0; at < points.length; at += togetherMax) {
    const some = points.slice(at, at + togetherMax);
    const worlds = await Promise.all(some.map(() => aCrashWorld(scene, plane)));
    for (const [index, world] of worlds.entries()) {
      seen.push(await playedAt(some[index] as Point, world));
      await world.close();
    }
  }
  return seen;
};

describe.each([...actions.keys()])('%s', (action) => {
  const scenes = crashScenes.filter((scene) => scene.action === action);

  test('has a world in which it can die', () => {
    expect(scenes.length, `add a scene for ${action} to crashScenes in test/support/crash-scenes.ts`).toBeGreaterThan(
      0,
    );
  });

  test.each(scenes.map((scene) => [scene.on, scene] as const))(
    'on %s is carried out once, wherever the worker dies and whichever message is lost',
    async (_, scene) => {
      const { requests } = scene;
      sandbox = await startSandboxPlane();
      const first = await aCrashWorld(scene, sandbox);
      expect(first.plan.requests).toHaveLength(requests);
      await first.close();
      const points = pointsOf(requests);
      const seen = await playAll(scene, points, sandbox);
      if (scene.blind) {
        for (const { point, happened, outcome, once, again, ledger } of seen) {
          expect({ point, happened, again, ledger }).toEqual({ point, happened: true, again: 0, ledger: outcome });
          expect(blindEnds, point).toContainEqual({ outcome, once });
        }
        return;
      }
      expect(seen).toEqual(
        points.map((point) => ({
          point: inWords(point),
          happened: true,
          outcome: 'applied',
          once: requests,
          again: 0,
          later: 'applied',
          ledger: 'applied',
        })),
      );
    },
  );
});
