/** One figure that a runbook asks for beside the evidence. Reads only; what is not known is null, and never health. */
import type { RunbookRead } from '../../src/schema/runbook.ts';
import type { RemediationDependencies } from '../run/context.ts';

/** Throws where it cannot be asked; the caller decides what that means. */
export const readFigure = async (
  { connect, sources, organisation }: RemediationDependencies,
  read: RunbookRead,
  { drill, at }: { drill: boolean; at: string },
): Promise<number | null> => {
  switch (read.read) {
    case 'prometheus':
      return connect(drill).metrics.query(read.query);
    case 'cloudwatchMetric':
      return (await sources?.(drill).cloudMetrics?.query(insightsOf(read))) ?? null;
    case 'http': {
      const health = sources?.(drill).health;
      if (!health || !knownHosts(organisation).has(new URL(read.url).host)) return null;
      return (await health.ask(read.url)).status;
    }
    case 'cloudwatchLogs': {
      const logs = sources?.(drill).logs;
      if (!logs) return null;
      const { rows, complete } = await logs.search({
        group: read.group,
        query: `filter @message like ${JSON.stringify(read.pattern)} | fields @timestamp, @message`,
        from: new Date(Date.parse(at) - read.lookBack).toISOString(),
        to: at,
        rowsMax: linesMax,
        withinMs: read.within,
      });
      return complete ? rows.length : null;
    }
  }
};

const linesMax = 1_000;

const functions = { Average: 'AVG', Maximum: 'MAX', Minimum: 'MIN', Sum: 'SUM', SampleCount: 'COUNT' } as const;

/** Metrics Insights (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html). */
const insightsOf = (read: Extract<RunbookRead, { read: 'cloudwatchMetric' }>): string => {
  const where = Object.entries(read.dimensions).map(([name, value]) => `"${name}" = '${value.replaceAll("'", "''")}'`);
  const from = `SELECT ${functions[read.statistic]}("${read.metric}") FROM "${read.namespace}"`;
  return where.length > 0 ? `${from} WHERE ${where.join(' AND ')}` : from;
};

/** A runbook may ask the pages of the catalogue, and no others. */
const knownHosts = ({ services, endpoints }: RemediationDependencies['organisation']): Set<string> =>
  new Set(
    [...Object.values(services).map(({ health }) => health?.url), ...Object.values(endpoints).map(({ url }) => url)]
      .map((url) => (url && URL.canParse(url) ? new URL(url).host : ''))
      .filter(Boolean),
  );
