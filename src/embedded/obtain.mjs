/** Obtains the servers that npm does not bring, cheapest source first, each step said aloud. Plain Node >= 18. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodePath } from './packages.mjs';
import { lastLines, Obstacle, runWithProgress, say, seconds } from './progress.mjs';
import {
  builtCliPath,
  downloadFolder,
  findTemporalCli,
  findTestServer,
  onPath,
  temporalCliVersion,
  temporalCliWayOut,
  testServerFolder,
  testServerVersion,
  testServerWayOut,
  testServerWrapperPath,
} from './tools.mjs';

/** TEMPORAL_CLI or PATH, cache, the SDK's download, `go install`. With TEMPORAL_ADDRESS none is needed. */
export const obtainTemporalCli = async (root, { required }) => {
  let found;
  try {
    found = findTemporalCli();
  } catch (error) {
    throw new Obstacle(error.message);
  }
  if (found) return found.path;
  const tried = [];
  if (await downloadWithSdk(root, 'cli', 'the Temporal CLI', tried)) return findTemporalCli().path;
  if (await buildCli(tried)) return findTemporalCli().path;
  const message = `there is no Temporal CLI, and it could not be had:\n${tried.map((line) => `    ${line}`).join('\n')}\n  What to do: ${temporalCliWayOut}.`;
  if (required) throw new Obstacle(message);
  say(message);
  return null;
};

/** Cached jars, the SDK's download, Maven. Without it the tests that skip time are skipped, loudly. */
export const obtainTestServer = async (root) => {
  wrapJars();
  if (findTestServer()) return;
  const tried = [];
  if (await downloadWithSdk(root, 'test-server', 'the time-skipping Temporal test server', tried)) return;
  if (await fetchJars(tried)) return;
  say(
    `NO TIME-SKIPPING TEST SERVER: the tests that need it will be skipped.\n${tried.map((line) => `    ${line}`).join('\n')}\n  What to do: ${testServerWayOut}.`,
  );
};

const downloadWithSdk = async (root, kind, what, tried) => {
  const folder = downloadFolder();
  say(`${what} is not here; the Temporal SDK downloads it to ${folder}`);
  let seen = { bytes: -1, atMs: 0 };
  const run = await runWithProgress(
    `downloading ${what}`,
    nodePath(root),
    [fileURLToPath(new URL('./download-server.mjs', import.meta.url)), kind, folder],
    {
      limitMs: 10 * 60_000,
      progress: () => `${(bytesOf(folder) / 1e6).toFixed(1)} MB so far`,
      stalled: (elapsedMs) => {
        const bytes = bytesOf(folder);
        if (bytes !== seen.bytes) seen = { bytes, atMs: elapsedMs };
        return elapsedMs - seen.atMs > 25_000 ? 'no progress for 25 s' : null;
      },
    },
  );
  if (run.ok) {
    say(`${what} is downloaded and starts (${seconds(run.elapsedMs)})`);
    return true;
  }
  for (const name of partialDownloads(folder)) rmSync(join(folder, name), { force: true });
  const because = run.because ?? (/dns error|resolve|ENOTFOUND/i.test(run.tail) ? 'no network' : firstReason(run.tail));
  tried.push(`download by the Temporal SDK: ${because}`);
  say(`  that did not work (${because})`);
  return false;
};

const partialDownloads = (folder) =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.downloading')) : [];

const bytesOf = (folder) => {
  let bytes = 0;
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    try {
      bytes += statSync(join(folder, name)).size;
    } catch {
      // renamed between the two looks
    }
  }
  return bytes;
};

const firstReason = (tail) =>
  tail
    .split('\n')
    .map((line) => line.trim())
    .find((line) => /error|failed/i.test(line))
    ?.slice(0, 200) ?? 'no reason given';

const buildCli = async (tried) => {
  const go = onPath(['go']) ?? onPath(['go'], { PATH: '/usr/local/go/bin' });
  if (!go) {
    tried.push('go install: there is no Go on PATH');
    return false;
  }
  const target = builtCliPath();
  mkdirSync(dirname(dirname(target)), { recursive: true });
  const folder = mkdtempSync(`${dirname(target)}.building-`);
  say(`building the Temporal CLI ${temporalCliVersion} with Go; about 2.5 minutes on two cores, once`);
  const run = await runWithProgress(
    'building the Temporal CLI',
    go,
    ['install', `github.com/temporalio/cli/cmd/temporal@v${temporalCliVersion}`],
    { env: { ...process.env, GOBIN: folder, CGO_ENABLED: '0' } },
  );
  if (run.ok) {
    // Renamed when whole: a build that was interrupted leaves nothing that looks like a CLI.
    mkdirSync(dirname(target), { recursive: true });
    renameSync(join(folder, 'temporal'), target);
    say(`the Temporal CLI is built: ${target} (${seconds(run.elapsedMs)})`);
  } else {
    tried.push(`go install: ${run.because ?? firstReason(run.tail)}`);
    say(`  that did not work:\n${lastLines(run.tail)}`);
  }
  rmSync(folder, { recursive: true, force: true });
  return run.ok;
};

const jarsIn = (folder) => (existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.jar')) : []);

/** The test server's archive is a library; the SDK wants a program. */
const wrapJars = () => {
  const wrapper = testServerWrapperPath();
  if (!jarsIn(testServerFolder()).some((name) => name.startsWith('temporal-test-server')) || existsSync(wrapper))
    return;
  const draft = `${wrapper}.${process.pid}`;
  writeFileSync(
    draft,
    '#!/bin/sh\nhere=$(dirname "$0")\nexec java -XX:TieredStopAtLevel=1 -cp "$here/*" io.temporal.testserver.TestServer "$@"\n',
  );
  chmodSync(draft, 0o755);
  renameSync(draft, wrapper);
};

const fetchJars = async (tried) => {
  const maven = onPath(['mvn']);
  if (!maven || !onPath(['java'])) {
    tried.push('Maven: java or mvn is not on PATH');
    return false;
  }
  const target = testServerFolder();
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(`${target}.fetching-`);
  writeFileSync(join(folder, 'pom.xml'), pom);
  say(`fetching the time-skipping Temporal test server ${testServerVersion} with Maven (38 MB)`);
  const run = await runWithProgress(
    'fetching the test server',
    maven,
    ['-B', '-f', join(folder, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${join(folder, 'jars')}`],
    { limitMs: 10 * 60_000, progress: () => `${jarsIn(join(folder, 'jars')).length} archives` },
  );
  if (run.ok) {
    rmSync(target, { recursive: true, force: true });
    renameSync(join(folder, 'jars'), target);
    wrapJars();
    say(`the test server is there (${seconds(run.elapsedMs)})`);
  } else {
    tried.push(`Maven: ${run.because ?? firstReason(run.tail)}`);
  }
  rmSync(folder, { recursive: true, force: true });
  return run.ok;
};

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.muster</groupId><artifactId>test-server</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${testServerVersion}</version>
    </dependency>
  </dependencies>
</project>
`;
