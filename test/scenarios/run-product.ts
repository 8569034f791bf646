/**
 * The whole product as `npm start` runs it, except that each child dies at the points that `failpoints.json` in the data
 * folder names for it, once at each: `{"worker": ["page:before-intent", ...]}`. Says where it is over the IPC channel of
 * its parent and ends with it and removes its folder, so that nothing outlives a test however that ended.
 */
import { rmSync } from 'node:fs';
import { readJson } from '../../src/embedded/data-folder.ts';
import { firstWave, secondWave } from '../../src/embedded/services.ts';
import type { Service } from '../../src/embedded/tended.ts';
import type { World } from '../../src/embedded/world.ts';
import { superviseForParent } from '../support/supervised.ts';
import { markerOf } from './failpoint-markers.ts';

/** What the parent is told once everything is up. */
export interface ProductFacts {
  apiUrl: string;
  sandboxUrl: string;
  supervisorUrl: string;
  temporalAddress: string;
  secrets: World['secrets'];
  databaseUrl: string | null;
}

/** The environment of a child is made while `launch` is called, so the name is there for this one life alone. */
const dying =
  (world: World) =>
  (service: Service): Service => ({
    ...service,
    launch: () => {
      const wanted = readJson(world.folder.at('failpoints.json')) as Record<string, string[]> | null;
      const points = wanted?.[service.name]?.map((name) => `${name}@${markerOf(world.folder.path, name)}`) ?? [];
      if (points.length > 0) world.environment.MUSTER_FAILPOINT = points.join(',');
      try {
        return service.launch();
      } finally {
        delete world.environment.MUSTER_FAILPOINT;
      }
    },
  });

process.exitCode = await superviseForParent({
  waves: [firstWave, (world) => secondWave(world).map(dying(world))],
  play: async ({ world }) => {
    const { apiUrl, sandboxUrl, supervisorUrl, temporalAddress, secrets, databaseUrl } = world;
    const facts = { apiUrl, sandboxUrl, supervisorUrl, temporalAddress, secrets, databaseUrl };
    process.send?.(facts satisfies ProductFacts);
    return 0;
  },
});
rmSync(process.env.MUSTER_DATA_DIR ?? '', { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
process.exit();
