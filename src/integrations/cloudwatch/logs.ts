import { setTimeout as pause } from 'node:timers/promises';
import type {
  CloudWatchLogsClientConfig,
  GetQueryResultsCommandOutput,
  ResultField,
} from '@aws-sdk/client-cloudwatch-logs';
import type { IamNeeds } from '../../domain/remediation/iam-right.ts';
import type { LogQuery, LogSearch } from '../integration.ts';
import { asker, bounded } from './ask.ts';
import { trouble } from './trouble.ts';

const pollMsDefault = 1_000;

/**
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html. It lists log groups for
 * GetQueryResults too, but a request for results names none.
 */
export const logsNeeds: IamNeeds = {
  name: 'logs',
  title: 'Search log groups with Logs Insights',
  rights: [
    {
      action: 'logs:StartQuery',
      resource: 'arn:aws:logs:REGION:ACCOUNT_ID:log-group:LOG_GROUP:*',
      because: 'one ARN per log group, with `:*` at its end as AWS has it in policies',
    },
    {
      action: 'logs:GetQueryResults',
      resource: '*',
      because: 'it names a query and no log group; queries of others are not found, because nothing here lists them',
    },
    {
      action: 'logs:StopQuery',
      resource: '*',
      because: 'AWS knows no resource for it',
    },
  ],
};

/**
 * Logs Insights: StartQuery, looks until it is done, StopQuery when it takes too long
 * (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html). AWS bills by the bytes
 * a query goes through, so a group is only searched where the catalogue names it.
 */
export const createLogSearch = (options: {
  region: string;
  client?: CloudWatchLogsClientConfig;
  /** Between two looks. */
  pollMs?: number;
}): LogSearch => {
  const { region, pollMs = pollMsDefault } = options;
  const ask = asker(async () => {
    const sdk = await import('@aws-sdk/client-cloudwatch-logs');
    return { sdk, client: new sdk.CloudWatchLogsClient({ ...bounded(region), ...options.client }) };
  });
  const about = (action: string, group: string) => ({ needs: logsNeeds, action, region, group });

  const start = async (query: LogQuery): Promise<string> => {
    const input = {
      logGroupName: query.group,
      queryString: query.query,
      startTime: Math.floor(Date.parse(query.from) / 1_000),
      endTime: Math.floor(Date.parse(query.to) / 1_000),
      limit: query.rowsMax,
    };
    const { queryId } = await ask(about('logs:StartQuery', query.group), ({ sdk, client }, within) =>
      client.send(new sdk.StartQueryCommand(input), within),
    );
    if (queryId) return queryId;
    throw trouble('cloudwatch began no query', { status: 200, terminal: false, reason: 'no queryId' });
  };
  const look = (group: string, queryId: string): Promise<GetQueryResultsCommandOutput> =>
    ask(about('logs:GetQueryResults', group), ({ sdk, client }, within) =>
      client.send(new sdk.GetQueryResultsCommand({ queryId }), within),
    );
  /** One that cannot be stopped ends by itself; what was found counts all the same. */
  const stop = async (group: string, queryId: string): Promise<void> => {
    await ask(about('logs:StopQuery', group), ({ sdk, client }, within) =>
      client.send(new sdk.StopQueryCommand({ queryId }), within),
    ).catch(() => undefined);
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
          const answer = await look(query.group, queryId);
          isRunning = answer.status === 'Scheduled' || answer.status === 'Running';
          if (answer.status === 'Failed')
            throw trouble('cloudwatch could not run the query', { status: 200, terminal: true, reason: 'Failed' });
          if (!isRunning || performance.now() + pollMs > end) return found(answer, query.rowsMax);
          await pause(pollMs);
        }
      } finally {
        if (isRunning) await stop(query.group, queryId);
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
