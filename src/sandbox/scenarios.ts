/** What can go wrong in the sandbox. A scenario breaks something real in the world; the alert follows from the figures. */
import { sandboxDatabase } from '../schema/database.ts';
import type { Target } from '../schema/remediation.ts';
import { causeOf, imageOf } from './kubernetes/seed.ts';
import type { ScenarioRun } from './state.ts';
import type { World } from './world.ts';

const minuteMs = 60_000;

export interface Scenario {
  name: string;
  title: string;
  /** What breaks, for the person who presses the button. */
  breaks: string;
  service: string;
  figure: string;
  threshold: number;
  forMs: number;
  alertname: string;
  severity: string;
  deployment: string;
  summary: string;
  description: string;
  /** It happens in a real database, and only where the sandbox has one. */
  needsDatabase?: boolean;
  /** What heals it, for the sandbox's people when Muster proposes nothing; null: time or nobody. */
  remedy: { action: string; target: Target; params: Record<string, unknown> } | null;
  begin(world: World, atMs: number): void;
}

const deploymentCalled = (name: string): Target => ({
  cluster: 'sandbox',
  kind: 'Deployment',
  namespace: 'shop',
  name,
});

/** A new version over the one that runs; each release of a scenario has a number of its own. */
const release = (
  world: World,
  atMs: number,
  what: { name: string; version: string; word: string; by: string },
): void => {
  const deployment = world.cluster.deployment('shop', what.name);
  if (!deployment) return;
  const version = `${what.version}.${world.state.releases}-${what.word}`;
  world.state.releases += 1;
  world.cluster.release(deployment, imageOf(what.name, version), causeOf(what.name, version, what.by), atMs);
};

/** What the alerting rule says of checkout, whatever made it fail. */
const checkoutFails = {
  service: 'checkout',
  figure: 'errors/checkout',
  threshold: 0.05,
  forMs: 2 * minuteMs,
  alertname: 'CheckoutErrorRatioHigh',
  severity: 'critical',
  deployment: 'checkout',
  summary: 'Checkout answers too many requests with an error',
  description: 'More than 5% of the requests to checkout have failed for at least 2 minutes.',
} satisfies Partial<Scenario>;

export const scenarios: Scenario[] = [
  {
    name: 'bad-release',
    title: 'A bad release of checkout',
    breaks: 'Releases a version of checkout that crashes on its first order; a third of all orders fail.',
    ...checkoutFails,
    remedy: { action: 'roll-back-deployment', target: deploymentCalled('checkout'), params: {} },
    begin: (world, atMs) => release(world, atMs, { name: 'checkout', version: '2.4', word: 'bad', by: 'Hugo Barreto' }),
  },
  {
    name: 'memory-leak',
    title: 'A memory leak in the catalogue',
    breaks: 'Releases a version of catalog whose cache grows until the container is killed, again and again.',
    service: 'catalog',
    figure: 'errors/catalog',
    threshold: 0.05,
    forMs: 2 * minuteMs,
    alertname: 'CatalogErrorRatioHigh',
    severity: 'critical',
    deployment: 'catalog',
    summary: 'Product pages answer too many requests with an error',
    description: 'Containers of catalog are killed for using more memory than they may; requests in between fail.',
    remedy: { action: 'roll-back-deployment', target: deploymentCalled('catalog'), params: {} },
    begin: (world, atMs) => release(world, atMs, { name: 'catalog', version: '1.9', word: 'oom', by: 'Mei Tanaka' }),
  },
  {
    name: 'slow-dependency',
    title: 'Search cannot keep up',
    breaks: 'Four times the usual requests for search: it slows down, and product pages wait for it.',
    service: 'search',
    figure: 'latency/search',
    threshold: 600,
    forMs: 2 * minuteMs,
    alertname: 'SearchLatencyHigh',
    severity: 'error',
    deployment: 'search',
    summary: 'Search answers slowly',
    description: 'The 95th percentile of the answer time of search has been over 600 ms for at least 2 minutes.',
    remedy: { action: 'scale-workload', target: deploymentCalled('search'), params: { replicas: 5 } },
    begin: (world) => {
      world.state.searchLoad = 4;
    },
  },
  {
    name: 'database-exhaustion',
    title: 'Payments uses up the database connections',
    breaks: 'The pods of payments stop giving connections back; the order database runs out of them.',
    service: 'payments',
    figure: 'connections/database',
    threshold: 0.8,
    forMs: minuteMs,
    alertname: 'DatabaseConnectionsNearLimit',
    severity: 'critical',
    deployment: 'payments',
    summary: 'The order database is running out of connections',
    description: 'More than 80% of the connections of the order database are in use, most of them by payments.',
    remedy: { action: 'restart-workload', target: deploymentCalled('payments'), params: {} },
    begin: (world, atMs) => {
      world.state.leakSinceMs = atMs;
    },
  },
  {
    name: 'blocked-checkout',
    title: 'A forgotten transaction blocks the orders',
    breaks:
      'In a real PostgreSQL somebody leaves a transaction open that holds a hundred orders; whoever comes back to one of them waits.',
    ...checkoutFails,
    needsDatabase: true,
    remedy: {
      action: 'terminate-session',
      target: { cluster: 'shop-db', kind: 'Database', namespace: '', name: sandboxDatabase },
      params: { of: 'blockers', olderThan: '1m' },
    },
    begin: (world, atMs) => {
      world.state.orders.forgottenSinceMs = atMs;
    },
  },
  {
    name: 'node-loss',
    title: 'A node stops answering',
    breaks: 'The node with most pods of payments goes silent; its pods are moved, the node is back after ten minutes.',
    service: 'payments',
    figure: 'nodesDown',
    threshold: 0.5,
    forMs: minuteMs,
    alertname: 'KubeNodeNotReady',
    severity: 'error',
    deployment: 'payments',
    summary: 'A node of the cluster is not ready',
    description: 'A node has not reported for more than a minute; its pods are being replaced elsewhere.',
    remedy: null,
    begin: (world, atMs) => {
      const pods = world.cluster.store.pods();
      const load = (node: string) =>
        pods.filter((pod) => pod.spec.nodeName === node && pod.metadata.labels?.app === 'payments').length;
      const names = world.cluster.store.nodes().map((node) => node.metadata.name);
      const [worst] = names.sort((left, right) => load(right) - load(left));
      if (!worst) return;
      world.cluster.setNodeUp(worst, false, atMs);
      world.state.nodeBackAtMs = atMs + world.scaledMs(10 * minuteMs);
    },
  },
];

export const definitionOf = (run: ScenarioRun): Scenario | undefined =>
  scenarios.find((scenario) => scenario.name === run.name);
