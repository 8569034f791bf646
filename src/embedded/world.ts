/** What the children are told about each other: one environment, from which each gets only what it needs. */
import type { Config } from '../config.ts';
import type { FilesToRead } from '../packs/load.ts';
import type { DataFolder, Secrets } from './data-folder.ts';

export interface World {
  config: Config;
  /** Organisation and packs in force. */
  policyFiles: FilesToRead;
  folder: DataFolder;
  secrets: Secrets;
  /** Known once PostgreSQL answers; contains the password. */
  databaseUrl: string | null;
  /** Address of the sandbox's database, without a login; null while it has none. */
  sandboxDatabase: string | null;
  temporalAddress: string;
  sandboxUrl: string;
  /** Where this machine reaches the API; people may use another one (MUSTER_PUBLIC_URL). */
  apiUrl: string;
  supervisorUrl: string;
  /** The environment of `npm start` with the flags applied. */
  environment: Record<string, string | undefined>;
  log: (line: string) => void;
}

export type ChildName = 'api' | 'worker' | 'remediation-worker' | 'sandbox' | 'temporal';

/** Credentials of the outside world, and the only processes that get them. */
const holders: Record<string, ChildName[]> = {
  MUSTER_KUBECONFIG: ['remediation-worker'],
  SLACK_TOKEN: ['worker'],
  STATUSPAGE_API_KEY: ['worker'],
  SMTP_URL: ['worker'],
  AWS_ACCESS_KEY_ID: ['worker', 'remediation-worker'],
  AWS_SECRET_ACCESS_KEY: ['worker', 'remediation-worker'],
  AWS_SESSION_TOKEN: ['worker', 'remediation-worker'],
  AWS_PROFILE: ['worker', 'remediation-worker'],
  AWS_WEB_IDENTITY_TOKEN: ['worker', 'remediation-worker'],
  AWS_CONTAINER_AUTHORIZATION_TOKEN: ['worker', 'remediation-worker'],
  AWS_CONTAINER_CREDENTIALS_FULL_URI: ['worker', 'remediation-worker'],
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: ['worker', 'remediation-worker'],
  DATABASE_URL: ['api', 'worker', 'remediation-worker'],
  TEMPORAL_API_KEY: ['api', 'worker', 'remediation-worker'],
  MUSTER_TOKEN: ['api'],
  MUSTER_APPROVAL_KEY: ['api', 'remediation-worker'],
  MUSTER_PEOPLE_TOKENS: ['api'],
  MUSTER_ENDPOINT_TOKENS: ['remediation-worker'],
  MUSTER_DATABASES: ['remediation-worker'],
  MUSTER_SANDBOX_DATABASE: ['remediation-worker', 'sandbox'],
  MUSTER_SUPERVISOR_URL: ['api'],
  MUSTER_SANDBOX_SECRET: ['api', 'worker', 'remediation-worker', 'sandbox'],
};

export const environmentOf = (name: ChildName, world: World): NodeJS.ProcessEnv => {
  const { config, secrets } = world;
  const environment: Record<string, string | undefined> = {
    // What the engine compiled is read again by the next start, for what the environment does not place elsewhere.
    NODE_COMPILE_CACHE: world.folder.at('cache', 'node'),
    ...world.environment,
    MUSTER_PORT: String(config.MUSTER_PORT),
    MUSTER_TEMPORAL_PORT: String(config.MUSTER_TEMPORAL_PORT),
    MUSTER_TEMPORAL_UI_PORT: String(config.MUSTER_TEMPORAL_UI_PORT),
    MUSTER_SANDBOX_PORT: String(config.MUSTER_SANDBOX_PORT),
    MUSTER_DATA_DIR: world.folder.path,
    MUSTER_PUBLIC_URL: config.MUSTER_PUBLIC_URL ?? world.apiUrl,
    MUSTER_SANDBOX_URL: world.sandboxUrl,
    MUSTER_SUPERVISOR_URL: world.supervisorUrl,
    MUSTER_TOKEN: secrets.MUSTER_TOKEN,
    MUSTER_SANDBOX_SECRET: secrets.MUSTER_SANDBOX_SECRET,
    MUSTER_APPROVAL_KEY: secrets.MUSTER_APPROVAL_KEY,
    TEMPORAL_ADDRESS: world.temporalAddress,
    DATABASE_URL: world.databaseUrl ?? undefined,
    MUSTER_SANDBOX_DATABASE: world.sandboxDatabase ?? undefined,
  };
  for (const key of Object.keys(environment)) {
    const variable = key.replace(/_FILE$/, '');
    const mayHold = holders[variable];
    if (key.startsWith('npm_') || (mayHold && !mayHold.includes(name))) delete environment[key];
    // The value itself is set above; the file beside it would only win over it.
    else if (mayHold && key !== variable && environment[variable] !== undefined) delete environment[key];
  }
  return environment;
};
