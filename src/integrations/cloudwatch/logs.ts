import { setTimeout as pause } from 'node:timers/promises';
import type {
  CloudWatchLogsClient,
  CloudWatchLogsClientConfig,
  GetQueryResultsCommandOutput,
  ResultField,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogQuery, LogSearch } from '../integration.ts';
import { inOurWords, trouble } from './trouble.ts';

const timeoutMs = 10_000;
const pollMsDefault = 1_000;

/**
 * Logs Insights: StartQuery, looks until it is done, StopQuery when it takes too long
 * (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html). AWS bills by the bytes
 * a query goes through, so a group is only searched where the catalogue names it. Needs the IAM actions
 * logs:StartQuery, logs:GetQueryResults and logs:StopQuery.
 */
export const createLogSearch = (options: {
  region: string;
  client?: CloudWatchLogsClientConfig;
  /** Between two looks. */
  pollMs?: number;
}): LogSearch => {
  const pollMs = options.pollMs ?? pollMsDefault;
  let known: CloudWatchLogsClient | undefined;
  const load = async () => {
    const sdk = await import('@aws-sdk/client-cloudwatch-logs');
    known ??= new sdk.CloudWatchLogsClient({
      maxAttempts: 1,
      requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
      region: options.region,
      ...options.client,
    });
    return { sdk, client: known };
  };
  const within = () => ({ abortSignal: AbortSignal.timeout(timeoutMs) });

  const start = async (query: LogQuery): Promise<string> => {
    const { sdk, client } = await load();
    const command = new sdk.StartQueryCommand({
      logGroupName: query.group,
      queryString: query.query,
      startTime: Math.floor(Date.parse(query.from) / 1_000),
      endTime: Math.floor(Date.parse(query.to) / 1_000),
      limit: query.rowsMax,
    });
    const { queryId } = await client.send(command, within()).catch((error: unknown) => {
      throw inOurWords(error, 'logs:StartQuery');
    });
    if (queryId) return queryId;
    throw trouble('cloudwatch began no query', { status: 200, terminal: false, reason: 'no queryId' });
  };
  const look = async (queryId: string): Promise<GetQueryResultsCommandOutput> => {
    const { sdk, client } = await load();
    return client.send(new sdk.GetQueryResultsCommand({ queryId }), within()).catch((error: unknown) => {
      throw inOurWords(error, 'logs:GetQueryResults');
    });
  };
  /** One that cannot be stopped ends by itself; what was found counts all the same. */
  const stop = async (queryId: string): Promise<void> => {
    const { sdk, client } = await load();
    await client.send(new sdk.StopQueryCommand({ queryId }), within()).catch(() => undefined);
  };

  return {
    usualQuery:
      'fields @timestamp, @message | filter @message like /(?i)(error|exception|fatal|panic|denied|refused|timed? ?out)/ | sort @timestamp desc',
    search: async (query) => {
      const end = performance.now() + query.withinMs;
      const queryId = await start(query);
      let isRunning = true;
      try {
        for (;;) {
          const answer = await look(queryId);
          isRunning = answer.status === 'Scheduled' || answer.status === 'Running';
          if (answer.status === 'Failed')
            throw trouble('cloudwatch could not run the query', { status: 200, terminal: true, reason: 'Failed' });
          if (!isRunning || performance.now() + pollMs > end) return found(answer, query.rowsMax);
          await pause(pollMs);
        }
      } finally {
        if (isRunning) await stop(queryId);
      }
    },
  };
};

const found = ({ status, results = [] }: GetQueryResultsCommandOutput, rowsMax: number) => ({
  rows: results.slice(0, rowsMax).map(row),
  complete: status === 'Complete',
});

/** `@ptr` is for the console; a row without a message is a sum over lines and told by all its fields. */
const row = (fields: ResultField[]): { at: string | null; text: string } => {
  const value = (name: string): string | undefined => fields.find(({ field }) => field === name)?.value;
  const at = value('@timestamp');
  const others = fields.filter(({ field }) => field !== '@ptr' && field !== '@timestamp');
  return {
    at: at === undefined ? null : instantOf(at),
    text: value('@message') ?? others.map((one) => `${one.field ?? ''}=${one.value ?? ''}`).join(' '),
  };
};

/** `2026-03-02 12:00:00.000`, in UTC. */
const instantOf = (text: string): string | null => {
  const ms = Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
};
