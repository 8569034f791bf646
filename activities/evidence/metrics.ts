import type { Change } from '../../src/domain/changes/score.ts';
import { shorten } from '../../src/domain/shorten.ts';
import type { Metrics } from '../../src/integrations/integration.ts';
import type { Evidence, Series } from '../../src/schema/evidence.ts';
import type { Service } from '../../src/schema/organisation.ts';
import type { DiagnoseRequest } from '../index.ts';
import type { Part } from './parts.ts';

const symptomPoints = 120;
const figurePoints = 60;
const figuresMax = 6;
const marksMax = 20;
const titleChars = 200;
/** At least this much of the curve before the first breach is shown, so that "before" can be seen. */
const beforeMsMin = 30 * 60_000;

export type Points = Series['points'];

export const symptomCurve = async (metrics: Metrics, request: DiagnoseRequest, alerted: string): Promise<Points> =>
  request.service.symptom ? curve(metrics, request.service.symptom.query, spanOf(request, alerted, symptomPoints)) : [];

/** Each figure by itself: one that cannot be had leaves the others. */
export const figuresOf = async (
  part: Part,
  metrics: () => Metrics,
  figures: Service['figures'],
  request: DiagnoseRequest,
  alerted: string,
): Promise<Evidence['figures']> => {
  const series = await Promise.all(
    (figures ?? []).slice(0, figuresMax).map(({ title, query, unit, healthyBelow }) =>
      part(`the figure ${title}`, null, async () => ({
        title: shorten(title, titleChars),
        unit,
        healthyBelow: healthyBelow ?? null,
        points: await curve(metrics(), query, spanOf(request, alerted, figurePoints)),
        marks: [],
      })),
    ),
  );
  return series.filter((one) => one !== null);
};

interface Span {
  from: string;
  to: string;
  points: number;
}

const spanOf = (request: DiagnoseRequest, alerted: string, points: number): Span => {
  const before = Math.max(Math.min(request.lookBackMs, beforeMsMin), 60_000);
  return { from: new Date(Date.parse(alerted) - before).toISOString(), to: request.at, points };
};

/** No more points than were asked for, and figures no longer than anybody can tell apart. */
const curve = async (metrics: Metrics, query: string, span: Span): Promise<Points> => {
  const points = await metrics.queryRange(query, span);
  return points.slice(-span.points - 1).map(({ at, value }) => ({
    at,
    value: value === null ? null : Number(value.toPrecision(6)),
  }));
};

/** Only what lies within the curve: a release of yesterday is no line in it. */
export const marksOf = (changes: Change[], points: Points): Series['marks'] =>
  changes
    .filter((change) => Date.parse(change.at) >= Date.parse(points[0]?.at ?? change.at))
    .slice(0, marksMax)
    .map((change) => ({ at: change.at, text: shorten(change.what, titleChars) }));
