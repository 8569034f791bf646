import type { Config } from '../config.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { IamNeeds } from '../domain/remediation/iam-right.ts';
import { sandboxToken } from '../domain/sandbox-token.ts';
import { type DatabaseEntry, sandboxConnection, sandboxDatabase } from '../schema/database.ts';
import { type EndpointEntry, sandboxAddress } from '../schema/endpoint.ts';
import { alertmanagerWebhook } from './alertmanager/webhook.ts';
import { createCloudAccess } from './cloudwatch/access.ts';
import { alarmsNeeds, createAlarms } from './cloudwatch/alarms.ts';
import { createLogSearch, logsNeeds } from './cloudwatch/logs.ts';
import { cloudwatchMetrics, createMetrics, metricsNeeds } from './cloudwatch/metrics.ts';
import { cloudwatchWebhook } from './cloudwatch/webhook.ts';
import { createEndpoint } from './endpoint/index.ts';
import { genericWebhook } from './generic/webhook.ts';
import { githubWebhook } from './github/webhook.ts';
import { createHealthProbe } from './health-page/probe.ts';
import type {
  CloudAccess,
  Cluster,
  Connections,
  Database,
  Endpoint,
  EvidenceSources,
  Metrics,
  SandboxWorld,
  Vendor,
  Webhook,
} from './integration.ts';
import { createCluster, createSandboxCluster } from './kubernetes/index.ts';
import { missingPort } from './missing.ts';
import { pagerduty } from './pagerduty/index.ts';
import { pagerdutyWebhook } from './pagerduty/webhook.ts';
import { databasesOf } from './postgresql/index.ts';
import { createSandboxDatabase } from './postgresql/sandbox.ts';
import { prometheus } from './prometheus/index.ts';
import { slack } from './slack/index.ts';
import { smtp } from './smtp/index.ts';
import { statuspage } from './statuspage/index.ts';

/** Whoever is set first answers for symptoms; the sandbox speaks Prometheus. */
const metrics: Vendor<Config, Metrics> = {
  ...prometheus,
  live: (config) => prometheus.live(config) ?? cloudwatchMetrics.live(config),
  variables: `${prometheus.variables} or ${cloudwatchMetrics.variables}`,
};

/** One line per vendor: the port it serves. */
const vendors: { [Kind in keyof Connections]: Vendor<Config, Connections[Kind]> } = {
  pager: pagerduty,
  chat: slack,
  statusPage: statuspage,
  mailer: smtp,
  metrics,
};
const kinds = Object.keys(vendors) as (keyof Connections)[];

export interface Connected {
  /** Real systems; a port nobody configured refuses by name. Null when not one is configured. */
  live: Connections | null;
  sandbox: Connections | null;
  /** Drills always get the sandbox. Live incidents get it only while nothing real is configured. */
  choose(drill: boolean): Connections;
}

/** Makes the clients; nothing is contacted yet. Throws InvalidInput for a vendor configured by halves. */
export const connect = (config: Config): Connected => {
  const anythingReal = kinds.some((kind) => vendors[kind].live(config) !== null);
  const live = anythingReal ? assemble((kind) => liveOf(kind, config)) : null;
  const world = worldOf(config);
  const sandbox = world ? assemble((kind) => vendors[kind].sandbox(world)) : null;
  // A real cluster's health is never read from the stand-in's metrics.
  const standIn =
    sandbox && config.MUSTER_KUBECONFIG
      ? { ...sandbox, metrics: missingPort('metrics', vendors.metrics.variables) }
      : sandbox;
  const nothing = assemble((kind) => missingPort(kind, `${vendors[kind].variables}, or MUSTER_SANDBOX_URL`));
  const noSandbox = assemble((kind) => missingPort(kind, 'MUSTER_SANDBOX_URL and MUSTER_SANDBOX_SECRET for drills'));
  return {
    live,
    sandbox,
    choose: (drill) => (drill ? (sandbox ?? noSandbox) : (live ?? standIn ?? nothing)),
  };
};

/**
 * The way to clusters, for the remediation worker alone. Drills act on the sandbox, whatever else is configured. The
 * kubeconfig names one cluster, so it serves every live target; without one only the sandbox's own cluster can be changed.
 * Throws InvalidInput at once for a kubeconfig that cannot be used, and per call for a cluster there is no way to.
 */
export const connectClusters = (config: Config): ((name: string, drill: boolean) => Cluster) => {
  const live = config.MUSTER_KUBECONFIG ? createCluster({ kubeconfigFile: config.MUSTER_KUBECONFIG }) : null;
  const world = worldOf(config);
  const sandbox = world ? createSandboxCluster({ url: `${world.url}/kube`, token: world.token('kube') }) : null;
  return (name, drill) => {
    if (drill && sandbox) return sandbox;
    if (drill) throw new InvalidInput('a drill needs the sandbox: set MUSTER_SANDBOX_URL and MUSTER_SANDBOX_SECRET');
    if (live) return live;
    if (sandbox && name === sandboxClusterName) return sandbox;
    throw new InvalidInput(`there is no way to the cluster ${name}: set MUSTER_KUBECONFIG`);
  };
};

/**
 * The way to the databases of the organisation, for the remediation worker alone. Drills reach the sandbox's own database and
 * no other, and nobody else reaches that. Throws InvalidInput at once for a line that cannot be read or is missing, and per
 * call for a name that the catalogue does not have and for whoever must not go there.
 */
export const connectDatabases = (
  config: Config,
  catalogue: Readonly<Record<string, DatabaseEntry>>,
): ((name: string, drill: boolean) => Database) => {
  const connections = databasesOf(config);
  const live = new Map<string, Database>();
  for (const [name, { connection }] of Object.entries(catalogue)) {
    if (connection === sandboxConnection) continue;
    const database = connections.get(connection);
    if (!database) throw new InvalidInput(`database ${name}: MUSTER_DATABASES has no line "${connection}: ..."`);
    live.set(name, database);
  }
  const sandbox = sandboxDatabaseOf(config);
  return (name, drill) => {
    const entry = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
    if (!entry)
      throw new InvalidInput(
        `the organisation has no database ${name}; it has ${Object.keys(catalogue).sort().join(', ') || 'none'}`,
      );
    if (drill) return forDrills(sandbox, name, entry);
    const found = live.get(name);
    if (!found)
      throw new InvalidInput(
        `database ${name} is the sandbox's, which only drills reach; give it a line of MUSTER_DATABASES as its connection`,
      );
    return found;
  };
};

const forDrills = (sandbox: Database | null, name: string, { database }: DatabaseEntry): Database => {
  if (!sandbox)
    throw new InvalidInput(
      "a drill touches no database but the sandbox's, and the sandbox has none here: npm start makes one where PostgreSQL is the embedded one",
    );
  if (database !== sandboxDatabase)
    throw new InvalidInput(
      `a drill touches no database but the sandbox's, which is called ${sandboxDatabase}, and ${name} is ${database}`,
    );
  return sandbox;
};

const sandboxDatabaseOf = (config: Config): Database | null => {
  const { MUSTER_SANDBOX_DATABASE: address, MUSTER_SANDBOX_SECRET: secret } = config;
  const world = worldOf(config);
  return address && secret && world ? createSandboxDatabase(address, secret, world) : null;
};

/**
 * The way to the endpoints of the organisation, for the remediation worker alone. Drills act on the sandbox's stand-in of
 * the same name, whatever address the catalogue gives. Throws InvalidInput at once for an address or a token that cannot
 * be used, and per call for a name that the catalogue does not have.
 */
export const connectEndpoints = (
  config: Config,
  catalogue: Readonly<Record<string, EndpointEntry>>,
): ((name: string, drill: boolean) => Endpoint) => {
  const tokens = endpointTokens(config.MUSTER_ENDPOINT_TOKENS ?? '');
  const world = worldOf(config);
  const live = new Map<string, Endpoint>();
  const standIns = new Map<string, Endpoint>();
  for (const [name, { url, token, header }] of Object.entries(catalogue)) {
    if (world) {
      const standIn = `${world.url}/endpoints/${encodeURIComponent(name)}`;
      standIns.set(name, createEndpoint({ name, url: standIn, token: world.token('endpoints'), header }));
    }
    if (url === sandboxAddress) continue;
    if (token !== undefined && !tokens.has(token))
      throw new InvalidInput(`endpoint ${name}: MUSTER_ENDPOINT_TOKENS has no line "${token}: ..."`);
    live.set(name, createEndpoint({ name, url, token: (token && tokens.get(token)) ?? null, header }));
  }
  return (name, drill) => {
    if (!Object.hasOwn(catalogue, name))
      throw new InvalidInput(
        `the organisation has no endpoint ${name}; it has ${Object.keys(catalogue).sort().join(', ') || 'none'}`,
      );
    const found = drill ? standIns.get(name) : (live.get(name) ?? standIns.get(name));
    if (found) return found;
    throw new InvalidInput(
      `${drill ? 'a drill' : `endpoint ${name}`} needs the sandbox: set MUSTER_SANDBOX_URL and MUSTER_SANDBOX_SECRET`,
    );
  };
};

/** Lines `name: token`. A fault tells the line's number and never its text. */
const endpointTokens = (text: string): Map<string, string> => {
  const tokens = new Map<string, string>();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, name, token] = /^([\w.-]+)\s*:\s*([\x21-\x7e]+)$/.exec(line) ?? [];
    if (name === undefined || token === undefined)
      throw new InvalidInput(`MUSTER_ENDPOINT_TOKENS: line ${index + 1}: write \`name: token\``);
    tokens.set(name, token);
  }
  return tokens;
};

/** What the sandbox's organisation calls its cluster. */
const sandboxClusterName = 'sandbox';

/**
 * What a diagnosis asks beside clusters and metrics. Drills ask the sandbox, which has no cloud; so do live incidents
 * while nothing real is configured.
 */
export const connectSources = (config: Config): ((drill: boolean) => EvidenceSources) => {
  const region = config.MUSTER_CLOUDWATCH_REGION;
  const world = worldOf(config);
  const standIn = {
    alarms: null,
    logs: null,
    cloudMetrics: null,
    health: world ? createHealthProbe({ sandboxUrl: world.url }) : null,
  };
  const live = {
    alarms: region ? createAlarms({ region }) : null,
    logs: region ? createLogSearch({ region }) : null,
    cloudMetrics: region ? createMetrics({ region }) : null,
    health: createHealthProbe(),
  };
  const { live: anythingReal } = connect(config);
  const isReal = anythingReal !== null || config.MUSTER_KUBECONFIG !== undefined || world === null;
  return (drill) => (drill || !isReal ? standIn : live);
};

/** Everything Muster may ever ask of AWS. */
export const cloudNeeds: readonly IamNeeds[] = [metricsNeeds, alarmsNeeds, logsNeeds];

/** Null where no cloud is configured. */
export const connectCloudAccess = (config: Config): CloudAccess | null => {
  const region = config.MUSTER_CLOUDWATCH_REGION;
  if (!region) return null;
  return createCloudAccess({ region, answersSymptoms: prometheus.live(config) === null });
};

const liveOf = <Kind extends keyof Connections>(kind: Kind, config: Config): Connections[Kind] =>
  vendors[kind].live(config) ?? missingPort(kind, vendors[kind].variables);

const assemble = (make: <Kind extends keyof Connections>(kind: Kind) => Connections[Kind]): Connections => ({
  pager: make('pager'),
  chat: make('chat'),
  statusPage: make('statusPage'),
  mailer: make('mailer'),
  metrics: make('metrics'),
});

const worldOf = (config: Config): SandboxWorld | null => {
  const { MUSTER_SANDBOX_URL: url, MUSTER_SANDBOX_SECRET: secret } = config;
  if (!url || !secret) return null;
  const address = new URL(url);
  const port = Number(address.port || (address.protocol === 'https:' ? 443 : 80)) + 1;
  return {
    url: url.replace(/\/$/, ''),
    // The stand-in mail server takes the next port and offers a certificate that nobody signed.
    mailUrl: `smtp://${address.hostname}:${port}?ignoreTLS=true`,
    mailFrom: config.MAIL_FROM,
    token: (purpose) => sandboxToken(secret, purpose),
  };
};

/** One line per source. A source that nothing configures is not there: its deliveries are nobody's. */
export const webhooksOf = (config: Config): Webhook[] => {
  const topicArns = (config.SNS_TOPIC_ARNS ?? '').split(',').map((arn) => arn.trim());
  const pagerdutySecrets = [
    config.PAGERDUTY_WEBHOOK_SECRET,
    config.MUSTER_SANDBOX_SECRET && sandboxToken(config.MUSTER_SANDBOX_SECRET, 'pagerduty-webhook'),
  ].filter((secret): secret is string => !!secret);
  const githubSecrets = (config.GITHUB_WEBHOOK_SECRET ?? '')
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
  return [
    alertmanagerWebhook(),
    genericWebhook(),
    ...(config.SNS_TOPIC_ARNS ? [cloudwatchWebhook({ topicArns: topicArns.filter((arn) => arn !== '') })] : []),
    ...(pagerdutySecrets.length > 0 ? [pagerdutyWebhook(pagerdutySecrets)] : []),
    ...(githubSecrets.length > 0 ? [githubWebhook(githubSecrets)] : []),
  ];
};

/** Bearer tokens that may send from each source: the API's own, the source's, and the sandbox's. */
export const sourceTokens = (config: Config): ((source: string) => string[]) => {
  const own: Record<string, string | undefined> = {
    alertmanager: config.ALERTMANAGER_TOKEN,
    generic: config.GENERIC_TOKEN,
  };
  return (source) =>
    [
      config.MUSTER_TOKEN,
      Object.hasOwn(own, source) ? own[source] : undefined,
      config.MUSTER_SANDBOX_SECRET && sandboxToken(config.MUSTER_SANDBOX_SECRET, `source:${source}`),
    ].filter((token): token is string => !!token);
};
