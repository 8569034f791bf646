/** The product as `npm start` runs it, with DOORMAN_URL before its sandbox. Tells its parent once it is up, and ends with it. */
import { firstWave, secondWave } from '../../src/embedded/services.ts';
import { superviseForParent } from '../support/supervised.ts';

const doormanUrl = process.env.DOORMAN_URL ?? '';

process.exitCode = await superviseForParent({
  waves: [firstWave, (world) => secondWave({ ...world, sandboxUrl: doormanUrl })],
  play: async () => {
    process.send?.('up');
    return 0;
  },
});
process.exit();
