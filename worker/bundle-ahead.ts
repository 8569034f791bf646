/** Puts the bundled workflows into the user's cache, so that no worker of this machine has to make them at its start. */
import { cacheFolder } from '../src/embedded/tools.mjs';
import { workflowBundle } from './bundle.ts';

await workflowBundle(cacheFolder());
// A bundler's helpers would keep the process alive for a while.
process.exit(0);
