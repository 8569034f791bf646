import { z } from 'zod';
import { VendorError } from '../../domain/errors.ts';
import { callOk } from '../http.ts';
import type { Metrics } from '../integration.ts';

const Point = z.tuple([z.number(), z.string()]);
const Answer = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: Point.optional() })) }),
    z.object({ resultType: z.literal('matrix'), result: z.array(z.object({ values: z.array(Point).optional() })) }),
    z.object({ resultType: z.literal('scalar'), result: Point }),
    z.object({ resultType: z.literal('string'), result: z.unknown() }),
  ]),
});
type Data = z.infer<typeof Answer>['data'];

const timeoutMs = 10_000;

/**
 * Prometheus HTTP API v1 (https://prometheus.io/docs/prometheus/latest/querying/api/).
 * Symptoms are "lower is healthier", so of several series the highest counts. An empty answer, NaN and infinities are
 * null: a service without traffic is not a healthy one.
 */
export const createMetrics = ({ url }: { url: string }): Metrics => {
  const ask = async (path: string, parameters: Record<string, string>): Promise<Data> => {
    const answer = await callOk({
      vendor: 'prometheus',
      method: 'GET',
      url: `${url.replace(/\/$/, '')}/api/v1/${path}?${new URLSearchParams(parameters)}`,
      headers: { accept: 'application/json' },
      timeoutMs,
      reasonOf,
    });
    const parsed = Answer.safeParse(readJson(answer.text));
    if (parsed.success) return parsed.data.data;
    throw new VendorError(
      'prometheus answered something that is not an answer of its API; check MUSTER_PROMETHEUS_URL',
      {
        vendor: 'prometheus',
        status: answer.status,
        terminal: true,
        reason: 'unreadable_answer',
      },
    );
  };
  return {
    query: async (expression) => {
      const data = await ask('query', { query: expression });
      if (data.resultType === 'scalar') return finite(data.result[1]);
      if (data.resultType !== 'vector') return null;
      return worst(data.result.map((series) => (series.value ? finite(series.value[1]) : null)));
    },
    queryRange: async (expression, range) => {
      const fromSeconds = Date.parse(range.from) / 1_000;
      const toSeconds = Date.parse(range.to) / 1_000;
      const stepSeconds = Math.max(1, (toSeconds - fromSeconds) / Math.max(1, range.points - 1));
      const data = await ask('query_range', {
        query: expression,
        start: String(fromSeconds),
        end: String(toSeconds),
        step: String(stepSeconds),
      });
      const series = data.resultType === 'matrix' ? data.result.map((each) => each.values ?? []) : [];
      const count = Math.floor((toSeconds - fromSeconds) / stepSeconds + 1e-6) + 1;
      return Array.from({ length: count }, (_, index) => {
        const atSeconds = fromSeconds + index * stepSeconds;
        const values = series.map((points) => points.find(([at]) => Math.abs(at - atSeconds) < stepSeconds / 2));
        return {
          at: new Date(Math.round(atSeconds * 1_000)).toISOString(),
          value: worst(values.map((point) => (point ? finite(point[1]) : null))),
        };
      });
    },
  };
};

/** `NaN`, `+Inf` and `-Inf` are texts in Prometheus' JSON. */
const finite = (text: string): number | null => {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : null;
};

const worst = (values: (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
};

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Refusals carry `errorType`: bad_data, execution, timeout ... */
const reasonOf = (text: string): string | undefined => {
  const refusal = z.object({ errorType: z.string().max(60) }).safeParse(readJson(text));
  return refusal.success ? refusal.data.errorType : undefined;
};
