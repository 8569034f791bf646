import { createRemediationActivities } from '../../activities/run-action.ts';
import { sandboxToken } from '../../src/domain/sandbox-token.ts';
import type { Cluster } from '../../src/integrations/integration.ts';
import { createSandboxCluster } from '../../src/integrations/kubernetes/index.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import type { Service } from '../../src/schema/organisation.ts';
import type { WorldOptions } from './incident-world.ts';
import { noOtherWays, runParts } from './run-parts.ts';
import { sandboxOrganisation } from './sandbox-organisation.ts';

const secret = 'a secret between the sandbox and its tests';
/** Seals decisions in tests as the api does. */
export const approvalKey = 'a key of the tests, long enough to be one';

/** Rollouts take seconds of the sandbox's clock; tests do not wait for them. */
const speed = 20;
/** A release comes that long before its alert, however long the rest of the test took to start. */
const releasedBeforeMs = 8 * 60_000;

/** Behind the machine's clock until the first release, and faster from then on. */
const playedClock = () => {
  let hurriesFrom: number | null = null;
  return {
    now: () => Date.now() - releasedBeforeMs + (hurriesFrom === null ? 0 : (Date.now() - hurriesFrom) * (speed - 1)),
    hurry: () => {
      hurriesFrom ??= Date.now();
    },
  };
};

export interface PlayedCluster {
  cluster: Cluster;
  remediation: NonNullable<WorldOptions['remediation']>;
  /** Sends a release out, good or bad by the word in its tag. */
  release(tag: string): Promise<void>;
  /** The service whose workload it is. */
  service: Service;
  close(): Promise<void>;
}

/** The sandbox's cluster behind the real activities: the Deployment `checkout` in namespace `shop`. */
export const playedCluster = async (): Promise<PlayedCluster> => {
  const organisation = sandboxOrganisation;
  const clock = playedClock();
  const sandbox = await startSandbox({
    port: 0,
    smtpPort: 0,
    secret,
    apiUrl: 'http://127.0.0.1:9',
    organisation,
    clock,
  });
  const cluster = createSandboxCluster({ url: `${sandbox.url}/kube`, token: sandboxToken(secret, 'kube') });
  const path = '/apis/apps/v1/namespaces/shop/deployments/checkout';
  const service = organisation.services.checkout;
  if (!service) throw new Error('the sandbox organisation has the service checkout');
  return {
    cluster,
    service,
    remediation: ({ store, organisation: people, ports }) =>
      createRemediationActivities({
        store,
        organisation: people,
        approvalKey,
        connect: () => ports.connections,
        cluster: () => cluster,
        ...noOtherWays,
        ...runParts,
        log: { info: () => undefined, warn: () => undefined },
      }),
    release: async (tag) => {
      clock.hurry();
      const { body } = await cluster.request({ method: 'GET', path });
      const [container] = (body as { spec: { template: { spec: { containers: { name: string; image: string }[] } } } })
        .spec.template.spec.containers;
      const image = `${container?.image.split(':')[0]}:${tag}`;
      const patch = { spec: { template: { spec: { containers: [{ name: container?.name, image }] } } } };
      const answer = await cluster.request({
        method: 'PATCH',
        path,
        contentType: 'application/strategic-merge-patch+json',
        body: patch,
      });
      if (answer.status !== 200) throw new Error(`the release was refused: ${JSON.stringify(answer.body)}`);
    },
    close: () => sandbox.close(),
  };
};
