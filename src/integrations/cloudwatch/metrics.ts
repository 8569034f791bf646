import type { CloudWatchClientConfig, GetMetricDataCommandInput, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { VendorError } from '../../domain/errors.ts';
import type { IamNeeds } from '../../domain/remediation/iam-right.ts';
import type { Metrics, Vendor } from '../integration.ts';
import { asker, bounded, type Question } from './ask.ts';
import { denied, trouble } from './trouble.ts';

export interface CloudwatchSettings {
  MUSTER_CLOUDWATCH_REGION?: string | undefined;
}

/** Answers for symptoms where no Prometheus does. The sandbox speaks Prometheus, so there is no stand-in here. */
export const cloudwatchMetrics: Pick<Vendor<CloudwatchSettings, Metrics>, 'name' | 'live' | 'variables'> = {
  name: 'cloudwatch',
  live: (settings) =>
    settings.MUSTER_CLOUDWATCH_REGION ? createMetrics({ region: settings.MUSTER_CLOUDWATCH_REGION }) : null,
  variables: 'MUSTER_CLOUDWATCH_REGION',
};

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html */
export const metricsNeeds: IamNeeds = {
  name: 'metrics',
  title: 'Read figures of metrics',
  rights: [
    {
      action: 'cloudwatch:GetMetricData',
      resource: '*',
      because: 'AWS knows no resource for metrics',
    },
  ],
};

/** CloudWatch is late by minutes for some services; what is older than this says nothing about now. */
const newestWithinSeconds = 15 * 60;
const pointsMax = 500;
/** 500 points are one page; more pages than this mean an expression over far too many series. */
const pagesMax = 10;

/**
 * CloudWatch's GetMetricData (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html) with
 * one expression, metric math or Metrics Insights. Symptoms are "lower is healthier", so of several series the highest
 * counts. Only whole minutes are asked for: a sum over half a minute would look healthier than it is. No data and NaN are
 * null. Credentials come from where the AWS SDK finds them (environment, role of the pod or machine).
 */
export const createMetrics = (options: {
  region: string;
  client?: CloudWatchClientConfig;
  now?(): number;
}): Metrics => {
  const question: Question = { needs: metricsNeeds, action: 'cloudwatch:GetMetricData', region: options.region };
  const way = asker(async () => {
    const sdk = await import('@aws-sdk/client-cloudwatch');
    return { sdk, client: new sdk.CloudWatchClient({ ...bounded(options.region), ...options.client }) };
  });
  const send = (input: GetMetricDataCommandInput) =>
    way(question, ({ sdk, client }, within) => client.send(new sdk.GetMetricDataCommand(input), within));
  const nowSeconds = (): number => Math.floor((options.now ?? Date.now)() / 1_000);

  const ask = async (expression: string, span: Span): Promise<Series[]> => {
    const series = new Map<string, Series>();
    let token: string | undefined;
    for (let page = 0; page < pagesMax; page += 1) {
      const answer = await send({
        MetricDataQueries: [{ Id: 'symptom', Expression: expression, Period: span.periodSeconds, ReturnData: true }],
        StartTime: new Date(span.fromSeconds * 1_000),
        EndTime: new Date(span.toSeconds * 1_000),
        ScanBy: 'TimestampDescending',
        ...(token === undefined ? {} : { NextToken: token }),
      });
      for (const result of answer.MetricDataResults ?? []) {
        refuseIncomplete(result, question);
        const name = `${result.Id}/${result.Label}`;
        series.set(name, [...(series.get(name) ?? []), ...pointsOf(result)]);
      }
      if (answer.Messages?.some(({ Code }) => Code === 'MaxMetricsExceeded')) throw tooMuch();
      token = answer.NextToken;
      if (!token) return [...series.values()];
    }
    throw tooMuch();
  };

  return {
    query: async (expression) => {
      const toSeconds = floorTo(nowSeconds(), 60);
      const span = { fromSeconds: toSeconds - newestWithinSeconds, toSeconds, periodSeconds: 60 };
      const series = await ask(expression, span);
      return worst(series.map((points) => newest(points)));
    },
    queryRange: async (expression, range) => {
      const { count, ...span } = spanOf(range, nowSeconds());
      const points = (await ask(expression, span)).flat();
      return Array.from({ length: count }, (_, index) => {
        const from = span.fromSeconds + index * span.periodSeconds;
        const inside = points.filter(({ atSeconds }) => atSeconds >= from && atSeconds < from + span.periodSeconds);
        return { at: new Date(from * 1_000).toISOString(), value: worst(inside.map(({ value }) => value)) };
      });
    },
  };
};

interface Span {
  fromSeconds: number;
  toSeconds: number;
  /** A multiple of 60. */
  periodSeconds: number;
}
type Series = { atSeconds: number; value: number }[];

/** At most `points` (and 500) periods that end within the range; starts align with the period, which AWS asks for. */
const spanOf = (range: { from: string; to: string; points: number }, nowSeconds: number): Span & { count: number } => {
  const from = Math.floor(Date.parse(range.from) / 1_000);
  const to = Math.floor(Math.min(Date.parse(range.to) / 1_000, nowSeconds));
  const points = Math.min(Math.max(1, range.points), pointsMax);
  const grain = finestPeriodSeconds(nowSeconds - from);
  const periodSeconds = Math.max(1, Math.ceil((to - from) / points / grain)) * grain;
  const fromSeconds = floorTo(from, periodSeconds);
  const count = Math.max(1, Math.floor((to - fromSeconds) / periodSeconds));
  return { fromSeconds, toSeconds: fromSeconds + count * periodSeconds, periodSeconds, count };
};

/** CloudWatch keeps minutes for 15 days and five minutes for 63. */
const finestPeriodSeconds = (ageSeconds: number): number => {
  const days = ageSeconds / 86_400;
  if (days > 63) return 3_600;
  return days > 15 ? 300 : 60;
};

const floorTo = (seconds: number, step: number): number => Math.floor(seconds / step) * step;

const pointsOf = ({ Timestamps = [], Values = [] }: MetricDataResult): Series =>
  Timestamps.map((at, index) => ({ atSeconds: at.getTime() / 1_000, value: Values[index] ?? Number.NaN }));

/** The newest point decides: a NaN after a figure is "unknown", not the figure before it. */
const newest = (points: Series): number | null => {
  const last = Math.max(...points.map(({ atSeconds }) => atSeconds));
  return worst(points.filter(({ atSeconds }) => atSeconds === last).map(({ value }) => value));
};

const worst = (values: (number | null)[]): number | null => {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  return known.length === 0 ? null : Math.max(...known);
};

// --- errors ---------------------------------------------------------------------------------------------------------

/** A refused or half-computed series is an error, never "no data". `PartialData` goes on with the next page. */
const refuseIncomplete = ({ StatusCode }: MetricDataResult, question: Question): void => {
  if (StatusCode === 'Forbidden') throw denied(question);
  if (StatusCode === 'InternalError') {
    throw trouble('cloudwatch could not compute the expression; it is asked again', {
      status: 200,
      terminal: false,
      reason: 'InternalError',
    });
  }
};

const tooMuch = (): VendorError =>
  trouble('the expression covers more metrics than cloudwatch answers for; narrow it', {
    status: 200,
    terminal: true,
    reason: 'MaxMetricsExceeded',
  });
