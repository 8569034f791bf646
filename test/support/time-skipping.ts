import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { temporalCliPath } from '../../src/embedded/tools.mjs';
import { attributes } from '../../workflows/search-attributes.ts';
import { startTestServer } from './test-server.ts';

const quiet = new DefaultLogger('ERROR');
Runtime.install({ logger: quiet, telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The workflows as a worker runs them, bundled once per test process. */
export const workflowBundle = (): Promise<WorkflowBundleWithSourceMap> => {
  bundle ??= bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    logger: quiet,
  });
  return bundle;
};

/** A Temporal server whose clock jumps to the next timer while a test sleeps. One per test: its clock is global. */
export const timeSkipping = async (): Promise<TestWorkflowEnvironment> => {
  const { address, stop } = await startTestServer();
  const environment = await environmentOf(address);
  const leave = environment.teardown.bind(environment);
  environment.teardown = async () => {
    await leave();
    await stop();
  };
  const keyword = 2;
  await environment.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(Object.values(attributes).map((key) => [key.name, keyword])),
  });
  return environment;
};

/** What `createTimeSkipping` does with the server that it starts; the SDK has no open way to it for one that runs. */
const environmentOf = (address: string): Promise<TestWorkflowEnvironment> => {
  const sdk = TestWorkflowEnvironment as unknown as {
    create(options: object): Promise<TestWorkflowEnvironment>;
  };
  return sdk.create({ server: { type: 'existing' }, address, supportsTimeSkipping: true });
};

/** Temporal's own server on the clock of the machine, for what the one whose clock jumps does not do. */
export const realTemporal = (): Promise<TestWorkflowEnvironment> =>
  patiently(() =>
    TestWorkflowEnvironment.createLocal({
      server: {
        executable: { type: 'existing-path', path: temporalCliPath() },
        searchAttributes: Object.values(attributes),
      },
    }),
  );

/** The SDK gives the server five seconds to start, which a busy machine does not always keep. */
const patiently = async <T>(start: () => Promise<T>, attempts = 8): Promise<T> => {
  try {
    return await start();
  } catch (error) {
    if (attempts <= 1) throw error;
    return patiently(start, attempts - 1);
  }
};
