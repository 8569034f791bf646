import { join } from 'node:path';

/** Written by the process that dies at the point; while it exists, the point lets everybody pass. */
export const markerOf = (dataFolder: string, failpoint: string): string =>
  join(dataFolder, `died-at-${failpoint.replaceAll(':', '-')}`);
