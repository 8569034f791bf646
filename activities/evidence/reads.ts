/** One figure that a runbook asks for beside the evidence. Reads only; what is not known is null, and never health. */
import type { Metrics } from '../../src/integrations/integration.ts';
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
      return overTheSpan(read, at, sources?.(drill).cloudMetrics ?? null);
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

const minuteMs = 60_000;
const functions = { Average: 'AVG', Maximum: 'MAX', Minimum: 'MIN', Sum: 'SUM', SampleCount: 'COUNT' } as const;

/** Metrics Insights (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html). */
const insightsOf = (read: CloudMetric): string => {
  const where = Object.entries(read.dimensions).map(([name, value]) => `"${name}" = '${value.replaceAll("'", "''")}'`);
  const from = `SELECT ${functions[read.statistic]}("${read.metric}") FROM "${read.namespace}"`;
  return where.length > 0 ? `${from} WHERE ${where.join(' AND ')}` : from;
};

type CloudMetric = Extract<RunbookRead, { read: 'cloudwatchMetric' }>;

/** One figure of the minutes looked back on; an average counts each of them the same. */
const overTheSpan = async (read: CloudMetric, at: string, metrics: Metrics | null): Promise<number | null> => {
  const points = Math.max(1, Math.round(read.lookBack / minuteMs));
  const from = new Date(Date.parse(at) - read.lookBack).toISOString();
  const samples = await metrics?.queryRange(insightsOf(read), { from, to: at, points });
  const known = (samples ?? []).flatMap(({ value }) => (value === null ? [] : [value]));
  return known.length === 0 ? null : combined[read.statistic](known);
};

const sum = (values: number[]): number => values.reduce((all, value) => all + value, 0);
const combined: Record<CloudMetric['statistic'], (values: number[]) => number> = {
  Average: (values) => sum(values) / values.length,
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
  Sum: sum,
  SampleCount: sum,
};

/** A runbook may ask the pages of the catalogue, and no others. */
const knownHosts = ({ services, endpoints }: RemediationDependencies['organisation']): Set<string> =>
  new Set(
    [...Object.values(services).map(({ health }) => health?.url), ...Object.values(endpoints).map(({ url }) => url)]
      .map((url) => (url && URL.canParse(url) ? new URL(url).host : ''))
      .filter(Boolean),
  );
