/** The sandbox process: reads its configuration, serves until it is told to stop, and leaves its state behind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { parse } from 'yaml';
import { policyFiles, readConfig } from '../config.ts';
import { InvalidInput, MusterError } from '../domain/errors.ts';
import { sandboxDatabaseUrl } from '../domain/sandbox-database.ts';
import { Organisation } from '../schema/organisation.ts';
import { startSandbox } from './server.ts';

const readOrganisation = (file: string): Organisation => {
  const result = Organisation.safeParse(parse(readFileSync(file, 'utf8')));
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  throw new InvalidInput(`${file}: ${faults.map((fault) => `${fault.path}: ${fault.message}`).join('; ')}`, faults);
};

const main = async (): Promise<void> => {
  const config = readConfig(process.env);
  const log = pino({ name: 'sandbox', level: config.MUSTER_LOG_LEVEL });
  const secret = config.MUSTER_SANDBOX_SECRET;
  if (!secret) {
    throw new InvalidInput(
      'MUSTER_SANDBOX_SECRET is missing: give the sandbox, the api and the workers one secret, such as the output of `openssl rand -hex 32`',
    );
  }
  const address = config.MUSTER_SANDBOX_DATABASE;
  const sandbox = await startSandbox({
    port: config.MUSTER_SANDBOX_PORT,
    smtpPort: config.MUSTER_SANDBOX_PORT + 1,
    host: config.MUSTER_HOST,
    secret,
    apiUrl: config.MUSTER_PUBLIC_URL ?? `http://127.0.0.1:${config.MUSTER_PORT}`,
    organisation: readOrganisation(policyFiles(config).organisationFile),
    ...(address ? { databaseUrl: sandboxDatabaseUrl(address, secret, 'shop') } : {}),
    dataFile: join(config.MUSTER_DATA_DIR, 'sandbox.json'),
    log: (level, message, more) => log[level](more ?? {}, message),
  });
  log.info({ url: sandbox.url, smtpUrl: sandbox.smtpUrl }, 'sandbox ready');
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void sandbox.close().then(() => {
      log.info('sandbox stopped, state kept');
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
};

main().catch((error: unknown) => {
  const known = error instanceof MusterError || (error instanceof Error && 'code' in error);
  const message = known ? error.message : String(error instanceof Error ? error.stack : error);
  process.stdout.write(`${JSON.stringify({ level: 60, time: Date.now(), name: 'sandbox', msg: message })}\n`);
  process.exit(1);
});
