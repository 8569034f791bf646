/**
 * The real remediation worker, under a real Temporal server and over a real store, dies by kill -9 at every point of every
 * action: at the four points of the protocol, and before and after each request of the plan arrives. It is started again,
 * as the supervisor does, and what the target was asked proves that each request was carried out once; where nothing can
 * be read back, that it was asked for once at most, and that a person is asked about the rest.
 *
 * The requests are struck on the wire: HTTP in front of the sandbox's cluster and endpoints, the protocol of PostgreSQL in
 * front of a server of production. No point is left out; what may get lost without a death is in crash-points.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actions } from '../../activities/actions/index.ts';
import { findTemporalCli } from '../../src/embedded/tools.mjs';
import { type CrashGround, startCrashGround } from '../support/crash-ground.ts';
import type { Point } from '../support/crash-lane.ts';
import { type CrashScene, crashScenes, failpoints } from '../support/crash-scenes.ts';

const cli = findTemporalCli();
if (!cli) console.warn('SKIPPED: kill -9 of the remediation worker needs the Temporal CLI');

/** The last scenes wait for the lanes of the first. */
const sceneLimitMs = 600_000;

const pointsOf = (requests: number): Point[] => [
  ...failpoints.map((failpoint) => ({ failpoint })),
  ...Array.from({ length: requests }, (_, at) =>
    (['before it arrives', 'before its answer comes'] as const).map((when) => ({ nth: at + 1, when })),
  ).flat(),
];
const inWords = (point: Point): string =>
  'failpoint' in point ? point.failpoint : `request ${point.nth}, ${point.when}`;

/** What must become of it. Without a reading nobody knows more than the ledger did when the worker died. */
const endOf = ({ blind }: CrashScene, point: Point): { outcome: string; isCarriedOut: boolean } => {
  const isAskedFor = 'nth' in point || point.failpoint === 'apply:after-effect';
  if (!blind || !isAskedFor) return { outcome: 'applied', isCarriedOut: true };
  return { outcome: 'unknown', isCarriedOut: !('nth' in point && point.when === 'before it arrives') };
};

let ground: CrashGround;
beforeAll(async () => {
  if (cli) ground = await startCrashGround(cli.path);
});
afterAll(() => ground?.close());

test.each([...actions.keys()])('%s has a scene in which its worker is killed', (action) => {
  expect(
    crashScenes.map((scene) => scene.action),
    `add a scene for ${action} to crashScenes in test/support/crash-scenes.ts`,
  ).toContain(action);
});

describe.skipIf(!cli)('the remediation worker', () => {
  test.concurrent.each(crashScenes.map((scene) => [scene.action, scene.on, scene] as const))(
    'dies by kill -9 at any point of %s on %s, and no request is carried out twice',
    async (_, __, scene) => {
      const points = pointsOf(scene.requests);
      const seen = await Promise.all(points.map((point) => ground.play(scene, point)));
      for (const [at, point] of points.entries()) {
        const { outcome, isCarriedOut } = endOf(scene, point);
        const planned = seen[at]?.planned ?? [];
        expect(planned).toHaveLength(scene.requests);
        expect({ point: inWords(point), ...seen[at] }).toEqual({
          point: inWords(point),
          died: ['SIGKILL'],
          outcome,
          planned,
          carriedOut: isCarriedOut ? planned : [],
          ledger: outcome,
        });
      }
    },
    sceneLimitMs,
  );
});
