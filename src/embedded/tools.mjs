/**
 * Where the programs are that Muster needs and npm does not bring. Plain Node >= 18 without dependencies, because
 * the bootstrap reads it before anything is installed. Looking is cheap and never downloads.
 */
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Newest CLI that `go install` can build; its server is 1.29. */
export const temporalCliVersion = '1.5.1';
export const testServerVersion = '1.38.0';

export const cacheFolder = (environment = process.env) =>
  environment.MUSTER_CACHE || join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'muster');

const cliFolder = (environment) => join(cacheFolder(environment), `temporal-cli-${temporalCliVersion}`);
export const testServerFolder = (environment = process.env) =>
  join(cacheFolder(environment), `test-server-${testServerVersion}`);

/** The SDK names its downloads itself; both places are looked into. */
export const downloadFolder = (environment = process.env) => join(cacheFolder(environment), 'downloads');
export const builtCliPath = (environment = process.env) => join(cliFolder(environment), 'temporal');
const downloadedCliPath = (environment) => join(downloadFolder(environment), `temporal-v${temporalCliVersion}`);
export const testServerWrapperPath = (environment = process.env) =>
  join(testServerFolder(environment), 'temporal-test-server');

export const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** First program of one of these names on PATH, or null. */
export const onPath = (names, environment = process.env) => {
  for (const folder of (environment.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      const path = join(folder, name);
      if (folder !== '' && isExecutable(path)) return path;
    }
  }
  return null;
};

/** TEMPORAL_CLI, `temporal` on PATH, the cache, an earlier download: the first that is there, with where it came from. */
export const findTemporalCli = (environment = process.env) => {
  if (environment.TEMPORAL_CLI) {
    if (isExecutable(environment.TEMPORAL_CLI)) return { path: environment.TEMPORAL_CLI, from: 'TEMPORAL_CLI' };
    throw new Error(
      `TEMPORAL_CLI names ${environment.TEMPORAL_CLI}, which cannot be executed; correct the path or unset the variable`,
    );
  }
  const known = onPath(['temporal'], environment);
  if (known) return { path: known, from: 'PATH' };
  for (const path of [builtCliPath(environment), downloadedCliPath(environment)]) {
    if (isExecutable(path)) return { path, from: 'the cache' };
  }
  return null;
};

/** Throws with the way out when there is none. */
export const temporalCliPath = (environment = process.env) => {
  const found = findTemporalCli(environment);
  if (found) return found.path;
  throw new Error(`no Temporal CLI: ${temporalCliWayOut}`);
};

export const temporalCliWayOut =
  'install it (https://docs.temporal.io/cli) so that `temporal` is on PATH, or name it in TEMPORAL_CLI, or install Go 1.26 or newer and run the command again, or bring a Temporal of your own with TEMPORAL_ADDRESS';

/** The time-skipping server: TEMPORAL_TEST_SERVER, the cached jars with their wrapper (needs java), an earlier download; null when none is there. */
export const findTestServer = (environment = process.env) => {
  if (environment.TEMPORAL_TEST_SERVER) {
    if (isExecutable(environment.TEMPORAL_TEST_SERVER)) return environment.TEMPORAL_TEST_SERVER;
    throw new Error(`TEMPORAL_TEST_SERVER names ${environment.TEMPORAL_TEST_SERVER}, which cannot be executed`);
  }
  const wrapper = testServerWrapperPath(environment);
  if (isExecutable(wrapper) && onPath(['java'], environment)) return wrapper;
  const folder = downloadFolder(environment);
  const downloads = existsSync(folder) ? readdirSync(folder) : [];
  const name = downloads.find((file) => /^temporal-test-server-/.test(file) && !file.endsWith('.downloading'));
  return name ? join(folder, name) : null;
};

export const testServerWayOut =
  'install a Java runtime (17 or newer) and Maven and run `npm test` again, or name a time-skipping server in TEMPORAL_TEST_SERVER';

/** Throws with the way out when there is none. */
export const testServerPath = (environment = process.env) => {
  const found = findTestServer(environment);
  if (found) return found;
  throw new Error(`no time-skipping Temporal test server: ${testServerWayOut}`);
};

/** CHROMIUM or a browser on PATH; null when there is none. */
export const chromiumPath = (environment = process.env) =>
  environment.CHROMIUM ||
  onPath(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'], environment);
