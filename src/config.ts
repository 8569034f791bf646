/**
 * Every variable the processes read, once, at their start. A fault names the variable, the reason and an example;
 * all faults are reported together. Secrets may come from a file named by `<NAME>_FILE`.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { InvalidInput } from './domain/errors.ts';
import type { FilesToRead } from './packs/load.ts';
import { temporalConnectionOptions } from './temporal/connection-options.ts';

const port = (preset: number) => z.coerce.number().int().min(1).max(65_535).default(preset);
const url = z.url();

/** The README's table of variables is checked against this object. */
export const variables = {
  MUSTER_PORT: port(8080).describe('port of the API and the pages'),
  MUSTER_HOST: z.string().default('127.0.0.1').describe('address the API listens on; containers need 0.0.0.0'),
  MUSTER_TEMPORAL_PORT: port(7233).describe('port of the embedded Temporal server'),
  MUSTER_TEMPORAL_UI_PORT: port(8233).describe('port of the embedded Temporal UI'),
  MUSTER_SANDBOX_PORT: port(8090).describe('port of the sandbox; its mail server takes the next one'),
  MUSTER_DATA_DIR: z.string().default('.muster').describe('folder of everything that must outlive a restart'),
  MUSTER_TOKEN: z.string().min(16).optional().describe('API token of the person `operator`, who holds every role'),
  MUSTER_APPROVAL_KEY: z
    .string()
    .min(32)
    .optional()
    .describe('seals approvals: the same for api and remediation worker, and nowhere else'),
  MUSTER_PEOPLE_TOKENS: z
    .string()
    .optional()
    .describe("people's own API tokens, as lines `person-id: sha256-hex-of-token`"),
  MUSTER_ENDPOINT_TOKENS: z
    .string()
    .optional()
    .describe("tokens for the organisation's endpoints, as lines `name: token`; for the remediation worker alone"),
  MUSTER_DATABASES: z
    .string()
    .optional()
    .describe('databases of production, as lines `name: postgres://...`; for the remediation worker alone'),
  MUSTER_PUBLIC_URL: url.optional().describe('where people reach the pages; goes into messages'),
  MUSTER_ORGANISATION: z.string().optional().describe('organisation.yaml: people, teams, duties, schedules, services'),
  MUSTER_PACKS_DIR: z.string().optional().describe('folder with packs of your own, beside the built-in ones'),
  MUSTER_REMEDIATION_DIR: z
    .string()
    .optional()
    .describe('folder with runbooks and remediation policies of your own, beside the built-in ones'),
  MUSTER_PACK: z.string().default('guide-sev1-sev3').describe('pack of incidents that name none'),
  DATABASE_URL: z.string().optional().describe('PostgreSQL of your own instead of the embedded one'),
  TEMPORAL_ADDRESS: z.string().optional().describe('Temporal of your own instead of the embedded dev server'),
  TEMPORAL_NAMESPACE: z.string().default('default').describe('Temporal namespace'),
  TEMPORAL_TLS_CERT_FILE: z.string().optional().describe('PEM file of the client certificate for Temporal'),
  TEMPORAL_TLS_KEY_FILE: z.string().optional().describe('PEM file of its private key'),
  TEMPORAL_TLS_CA_FILE: z.string().optional().describe("PEM file of the authority behind Temporal's certificate"),
  TEMPORAL_TLS_SERVER_NAME: z.string().optional().describe("name in Temporal's certificate, where the address differs"),
  TEMPORAL_API_KEY: z.string().optional().describe('API key of Temporal Cloud; switches TLS on'),
  MUSTER_SANDBOX_URL: url.optional().describe('the sandbox; drills need it'),
  MUSTER_SUPERVISOR_URL: url.optional().describe('door of the supervisor that can kill processes; npm start sets it'),
  MUSTER_SANDBOX_SECRET: z.string().optional().describe('lets the sandbox sign its webhooks and its people log in'),
  MUSTER_SANDBOX_DATABASE: z
    .string()
    .regex(/^postgres(ql)?:\/\/[^@/]+\/[^/]+$/, 'an address without a login, such as postgres://127.0.0.1:5432/shop')
    .optional()
    .describe("the sandbox's database, without a login; npm start sets it where PostgreSQL is the embedded one"),
  MUSTER_KUBECONFIG: z.string().optional().describe('kubeconfig of the cluster remediations may change'),
  NODE_NAME: z
    .string()
    .optional()
    .describe('node the remediation worker runs on, which it then never cordons or drains'),
  MUSTER_PROMETHEUS_URL: url.optional().describe('Prometheus that answers for symptoms'),
  MUSTER_CLOUDWATCH_REGION: z
    .string()
    .optional()
    .describe('AWS region whose CloudWatch answers for symptoms, alarms and log searches'),
  SLACK_TOKEN: z.string().optional().describe('Slack bot token (xoxb-...)'),
  SLACK_API_URL: url.optional().describe('another Slack Web API address'),
  PAGERDUTY_EVENTS_URL: url.default('https://events.pagerduty.com').describe('PagerDuty Events API v2 address'),
  PAGERDUTY_WEBHOOK_SECRET: z.string().optional().describe('signing secret of the PagerDuty V3 webhook subscription'),
  MUSTER_PAGER: z.enum(['pagerduty', 'none']).default('none').describe('who rings phones outside the sandbox'),
  STATUSPAGE_API_KEY: z.string().optional().describe('Atlassian Statuspage API key'),
  STATUSPAGE_PAGE_ID: z.string().optional().describe('Statuspage page id'),
  STATUSPAGE_API_URL: url.default('https://api.statuspage.io').describe('another Statuspage address'),
  SMTP_URL: z.string().optional().describe('smtp://user:password@host:port for invitations'),
  MAIL_FROM: z.string().default('muster@localhost').describe('sender and organiser of mails'),
  ALERTMANAGER_TOKEN: z.string().optional().describe("bearer token of the alertmanager source, beside the API's own"),
  GENERIC_TOKEN: z.string().optional().describe("bearer token of the generic source, beside the API's own"),
  GITHUB_WEBHOOK_SECRET: z
    .string()
    .optional()
    .describe('secret of the GitHub webhook that tells of deployments; two with a comma while one replaces the other'),
  SNS_TOPIC_ARNS: z.string().optional().describe('comma-separated SNS topics whose CloudWatch alarms are accepted'),
  MUSTER_FAILPOINT: z.string().optional().describe('tests only: name of the point at which to die'),
  MUSTER_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('how much the processes log'),
} as const;

const Environment = z.object(variables);
export type Config = z.infer<typeof Environment>;

const secrets = Object.keys(variables).filter((name) =>
  /TOKEN|SECRET|KEY$|DATABASE_URL|MUSTER_DATABASES|SMTP_URL/.test(name),
);

/** Throws InvalidInput with one fault per variable. */
export const readConfig = (environment: Record<string, string | undefined>): Config => {
  const given: Record<string, string | undefined> = {};
  const faults: { path: string; message: string }[] = [];
  for (const name of Object.keys(variables)) given[name] = environment[name] === '' ? undefined : environment[name];
  for (const name of secrets) {
    const file = environment[`${name}_FILE`];
    if (!file) continue;
    try {
      given[name] = readFileSync(file, 'utf8').trim();
    } catch {
      faults.push({ path: `${name}_FILE`, message: `cannot read ${file}; give a readable file or set ${name} itself` });
    }
  }
  faults.push(...temporalFaults(given));
  const result = Environment.safeParse(given);
  if (!result.success) {
    for (const issue of result.error.issues) {
      const name = String(issue.path[0]);
      faults.push({ path: name, message: `${issue.message} (${describe(name)})` });
    }
  }
  if (faults.length > 0 || !result.success) {
    throw new InvalidInput(
      `configuration: ${faults.map((fault) => `${fault.path}: ${fault.message}`).join('; ')}`,
      faults,
    );
  }
  return result.data;
};

const temporalFaults = (given: Record<string, string | undefined>): { path: string; message: string }[] => {
  try {
    temporalConnectionOptions(given, '');
    return [];
  } catch (error) {
    if (error instanceof InvalidInput) return error.faults;
    throw error;
  }
};

const describe = (name: string): string => variables[name as keyof typeof variables]?.description ?? 'unknown variable';

/**
 * Where organisation, packs, remediation policies and runbooks are. The sandbox's organisation serves where none is given,
 * so that a fresh clone has people to page.
 */
export const policyFiles = (config: Config): Required<Omit<FilesToRead, 'runbooks'>> => ({
  organisationFile:
    config.MUSTER_ORGANISATION ?? fileURLToPath(new URL('./sandbox/organisation.yaml', import.meta.url)),
  packDirs: config.MUSTER_PACKS_DIR ? [resolve(config.MUSTER_PACKS_DIR)] : [],
  needed: [config.MUSTER_PACK],
  remediationDirs: config.MUSTER_REMEDIATION_DIR ? [resolve(config.MUSTER_REMEDIATION_DIR)] : [],
});
