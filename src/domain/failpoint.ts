import { existsSync, writeFileSync } from 'node:fs';

/**
 * For crash tests: dies by SIGKILL at the point named by MUSTER_FAILPOINT, once. `name@/marker/file` dies only while
 * the marker does not exist and writes it first, so that the restarted process gets past the point. Several are joined
 * by commas: whichever comes first. Does nothing when the variable is not set. Never part of the workflow bundle.
 */
export const failpoint = (name: string): void => {
  const wanted = process.env.MUSTER_FAILPOINT;
  if (!wanted) return;
  for (const each of wanted.split(',')) {
    const [point, marker] = each.split('@');
    if (point !== name) continue;
    if (marker) {
      if (existsSync(marker)) continue;
      writeFileSync(marker, name);
    }
    process.kill(process.pid, 'SIGKILL');
  }
};
