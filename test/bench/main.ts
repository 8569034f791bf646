/**
 * `npm run bench`: how long from an alert to the first page, beside the least that Temporal can do on the same server in
 * the same minutes; how long from nothing to the first page; how long an acknowledgement takes. Figures, not gates:
 * absolute ones depend on the machine and its other work, the ratio much less.
 */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import { bareTaskQueue } from './bare-worker.ts';
import { breakdownOf, type Sample } from './breakdown.ts';
import { type Doorman, openDoorman } from './doorman.ts';
import { type Figures, figuresOf, percentile, ratioOfBlocks, rounded } from './figures.ts';
import { choosePlace, type Place, startProduct } from './product.ts';
import { type SimulationFigures, simulateNinetyDays } from './simulation.ts';

const { values: wished } = parseArgs({
  options: {
    blocks: { type: 'string', default: '5' },
    samples: { type: 'string', default: '20' },
    /** Milliseconds from one sample's start to the next one's, when that has ended. */
    pace: { type: 'string', default: '1000' },
  },
});
const [blocks, samplesPerBlock, paceMs] = [wished.blocks, wished.samples, wished.pace].map(Number) as [
  number,
  number,
  number,
];
/** Not counted: connections are made, code is compiled. */
const warmUps = 5;
const settleMs = 2_000;
const pageWithinMs = 30_000;
const startWithinMs = 120_000;

const root = fileURLToPath(new URL('../..', import.meta.url));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The sandbox's company with one service per sample, so that each alert opens an incident and rings whoever is on call. */
const writeOrganisation = (file: string, services: string[]): void => {
  const organisation = parse(readFileSync(join(root, 'src/sandbox/organisation.yaml'), 'utf8'));
  for (const service of services) {
    organisation.services[service] = { title: service, team: 'shop', tier: 1, critical: true, publicName: service };
  }
  writeFileSync(file, stringify(organisation));
};

const alertOf = (service: string): string =>
  JSON.stringify({
    version: '4',
    groupKey: `{}:{service="${service}"}`,
    status: 'firing',
    receiver: 'muster',
    groupLabels: { service },
    commonLabels: { service },
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example',
    truncatedAlerts: 0,
    alerts: [
      {
        status: 'firing',
        labels: { alertname: 'HighErrorRate', service, severity: 'critical' },
        annotations: { summary: `${service} answers with errors` },
        startsAt: new Date().toISOString(),
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://prometheus.example/graph',
        fingerprint: service,
      },
    ],
  });

const post = (place: Place, path: string, body: string): Promise<Response> =>
  fetch(`${place.apiUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${place.token}` },
    body,
  });

const declare = async (place: Place, service: string): Promise<string> => {
  const response = await post(place, '/webhooks/alertmanager', alertOf(service));
  const { incidents } = (await response.json()) as { incidents?: string[] };
  if (response.status !== 202 || incidents?.length !== 1) throw new Error(`the alert was answered ${response.status}`);
  return incidents[0] ?? '';
};

/** From the start of the process to the first page of an alert that is sent until it is accepted. */
const startAndPage = async (place: Place, doorman: Doorman, service: string) => {
  const from = performance.now();
  const product = startProduct(place);
  try {
    for (;;) {
      const accepted = await post(place, '/webhooks/alertmanager', alertOf(service)).catch(() => null);
      await accepted?.body?.cancel();
      if (accepted?.status === 202) break;
      if (performance.now() - from > startWithinMs) throw new Error('no alert was accepted in time');
      await Promise.race([pause(25), product.up.then(() => pause(25))]);
    }
    const ms = (await doorman.arrival(service, pageWithinMs)) - from;
    await product.up;
    return { product, ms: rounded(ms, 0) };
  } catch (error) {
    await product.stop();
    throw error;
  }
};

interface Measured {
  samples: Sample[];
  pageMs: number[];
  acknowledgeMs: number[];
}

const wall = (at: number): number => performance.timeOrigin + at;

const oursOnce = async (place: Place, doorman: Doorman, service: string, into: Measured): Promise<void> => {
  const sent = performance.now();
  const id = await declare(place, service);
  const answered = performance.now();
  const arrived = await doorman.arrival(service, pageWithinMs);
  into.pageMs.push(arrived - sent);
  into.samples.push({ workflowId: id, sentAt: wall(sent), answeredAt: wall(answered), arrivedAt: wall(arrived) });
  // Half a pace later, when the room is open: a person takes longer still.
  await pause(paceMs / 2);
  const pressed = performance.now();
  const response = await post(place, `/api/v1/incidents/${id}/acknowledge`, '{}');
  await response.text();
  if (!response.ok) throw new Error(`the acknowledgement was answered ${response.status}`);
  into.acknowledgeMs.push(performance.now() - pressed);
};

const bareOnce = async (client: Client, doorman: Doorman, source: string, into: Measured): Promise<void> => {
  const sent = performance.now();
  await client.workflow.start('barePage', { taskQueue: bareTaskQueue, workflowId: source, args: [source] });
  const answered = performance.now();
  const arrived = await doorman.arrival(source, pageWithinMs);
  into.pageMs.push(arrived - sent);
  into.samples.push({ workflowId: source, sentAt: wall(sent), answeredAt: wall(answered), arrivedAt: wall(arrived) });
};

const blockOf = async (count: number, once: (index: number, into: Measured) => Promise<void>): Promise<Measured> => {
  const measured: Measured = { samples: [], pageMs: [], acknowledgeMs: [] };
  for (let index = 0; index < count; index += 1) {
    const next = performance.now() + paceMs;
    await once(index, measured);
    await pause(Math.max(0, next - performance.now()));
  }
  await pause(settleMs);
  return measured;
};

const startBareWorker = async (place: Place, doorman: Doorman): Promise<ChildProcess> => {
  const child = fork(fileURLToPath(new URL('./bare-worker.ts', import.meta.url)), {
    env: { ...process.env, TEMPORAL_ADDRESS: place.temporalAddress, DOORMAN_URL: doorman.url },
  });
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('close', () => reject(new Error('the bare worker ended while starting')));
  });
  return child;
};

const commitOf = (): string => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
};

const line = (what: string, { p50, p99, samples }: Figures): string =>
  `  ${what.padEnd(44)} p50 ${String(p50).padStart(7)} ms   p99 ${String(p99).padStart(7)} ms   (${samples} samples)`;

const run = async (folder: string): Promise<void> => {
  const serviceOf = (block: number | string, index: number): string => `bench-${block}-${index}`;
  const services = ['cold', 'warm'].map((name) => serviceOf(name, 0));
  for (const block of ['warm-up', ...Array(blocks).keys()]) {
    const count = block === 'warm-up' ? warmUps : samplesPerBlock;
    for (let index = 0; index < count; index += 1) services.push(serviceOf(block, index));
  }
  const organisationFile = join(folder, 'organisation.yaml');
  writeOrganisation(organisationFile, services);
  const doorman = await openDoorman();
  const place = await choosePlace({ dataDir: join(folder, 'data'), organisationFile, doormanUrl: doorman.url });
  doorman.leadTo(place.sandboxUrl);

  say('simulating 90 days of all packs');
  const simulation = simulateNinetyDays();

  say('starting with an empty data folder');
  const cold = await startAndPage(place, doorman, serviceOf('cold', 0));
  await cold.product.stop();
  say(`  first page after ${cold.ms} ms; starting again on the same folder`);
  const warm = await startAndPage(place, doorman, serviceOf('warm', 0));
  say(`  first page after ${warm.ms} ms; ${blocks} pairs of blocks of ${samplesPerBlock} samples follow`);

  let bareWorker: ChildProcess | null = null;
  const connection = await Connection.connect({ address: place.temporalAddress });
  try {
    const client = new Client({ connection });
    bareWorker = await startBareWorker(place, doorman);
    const measureOurs = (block: number | string, count: number) =>
      blockOf(count, (index, into) => oursOnce(place, doorman, serviceOf(block, index), into));
    const measureBare = (block: number | string, count: number) =>
      blockOf(count, (index, into) => bareOnce(client, doorman, `bare-${block}-${index}`, into));

    await measureOurs('warm-up', warmUps);
    await measureBare('warm-up', warmUps);
    const ours: Measured[] = [];
    const bare: Measured[] = [];
    for (let block = 0; block < blocks; block += 1) {
      const [a, b] = [await measureOurs(block, samplesPerBlock), await measureBare(block, samplesPerBlock)];
      ours.push(a);
      bare.push(b);
      say(
        `  block ${block + 1}: alert to page p50 ${rounded(percentile(a.pageMs, 0.5))} ms, bare workflow p50 ${rounded(percentile(b.pageMs, 0.5))} ms`,
      );
    }
    const pagesOf = (all: Measured[]) => all.map(({ pageMs }) => pageMs);
    const result = {
      at: new Date().toISOString(),
      commit: commitOf(),
      node: process.version,
      cores: availableParallelism(),
      processor: cpus()[0]?.model ?? 'unknown',
      pace: { blocks, samplesPerBlock, paceMs },
      alertToFirstPage: figuresOf(pagesOf(ours).flat()),
      bareWorkflow: figuresOf(pagesOf(bare).flat()),
      ratio: {
        p50: rounded(percentile(pagesOf(ours).flat(), 0.5) / percentile(pagesOf(bare).flat(), 0.5), 2),
        p99: rounded(percentile(pagesOf(ours).flat(), 0.99) / percentile(pagesOf(bare).flat(), 0.99), 2),
        p50OfBlocks: ratioOfBlocks(pagesOf(ours), pagesOf(bare), 0.5),
        goals: { p50: 1.5, p99: 2 },
      },
      acknowledge: figuresOf(ours.flatMap(({ acknowledgeMs }) => acknowledgeMs)),
      startToFirstPage: { coldMs: cold.ms, warmMs: warm.ms, goals: { coldMs: 15_000, warmMs: 6_000 } },
      simulation,
      whereTheTimeGoes: {
        ours: await breakdownOf(
          client,
          ours.flatMap(({ samples }) => samples),
          'page',
        ),
        bare: await breakdownOf(
          client,
          bare.flatMap(({ samples }) => samples),
          'post',
        ),
      },
    };
    mkdirSync(join(root, 'test/.output'), { recursive: true });
    writeFileSync(join(root, 'test/.output/bench.json'), `${JSON.stringify(result, null, 2)}\n`);
    report(result);
  } finally {
    bareWorker?.kill();
    await connection.close();
    await warm.product.stop();
    await doorman.close();
  }
};

const report = (result: {
  alertToFirstPage: Figures;
  bareWorkflow: Figures;
  acknowledge: Figures;
  ratio: { p50: number; p99: number; p50OfBlocks: { least: number; median: number; greatest: number } };
  startToFirstPage: { coldMs: number; warmMs: number };
  simulation: SimulationFigures;
  whereTheTimeGoes: { ours: Record<string, number>; bare: Record<string, number> };
}): void => {
  const { ratio, startToFirstPage: start, whereTheTimeGoes: where } = result;
  say('');
  say(line('alert POST to first page', result.alertToFirstPage));
  say(line('bare workflow, start to its one activity', result.bareWorkflow));
  say(
    `  ratio: p50 ${ratio.p50} (goal 1.5), p99 ${ratio.p99} (goal 2); p50 of the blocks ${ratio.p50OfBlocks.least} to ${ratio.p50OfBlocks.greatest}`,
  );
  say(line('acknowledgement, there and back', result.acknowledge));
  say(`  start to first page: ${start.coldMs} ms cold (goal 15000), ${start.warmMs} ms warm (goal 6000)`);
  const { days, severities, simulations, seconds } = result.simulation;
  say(`  ${days} days of ${severities} severities simulated: ${simulations} incidents in ${seconds} s`);
  say('  where the time goes, medians in ms            ours    bare');
  for (const [name, ms] of Object.entries(where.ours)) {
    say(`    ${name.padEnd(42)}${String(ms).padStart(6)}  ${String(where.bare[name] ?? '').padStart(6)}`);
  }
  say('  written to test/.output/bench.json');
};

const folder = mkdtempSync(join(tmpdir(), 'muster-bench-'));
try {
  await run(folder);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
