/** The worker of the comparison, a process of its own: `TEMPORAL_ADDRESS` and `DOORMAN_URL` say where. */
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

export const bareTaskQueue = 'bench-bare';

export const post = async (source: string): Promise<void> => {
  const response = await fetch(`${process.env.DOORMAN_URL}/bare/v2/enqueue`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      routing_key: 'bare',
      event_action: 'trigger',
      dedup_key: source,
      payload: { summary: source, source, severity: 'critical' },
    }),
  });
  await response.text();
  if (!response.ok) throw new Error(`the pager answered ${response.status}`);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS ?? '' });
  const worker = await Worker.create({
    connection,
    taskQueue: bareTaskQueue,
    workflowsPath: fileURLToPath(new URL('./bare-workflow.ts', import.meta.url)),
    activities: { post },
  });
  process.on('disconnect', () => process.exit());
  const running = worker.run();
  process.send?.('up');
  await running;
  await connection.close();
  process.exit();
}
