import { useEffect, useId, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Series } from '../../schema/evidence.ts';
import { clockTime } from './duration.ts';
import { Instant } from './instant.tsx';

/** A figure in the unit people think in: a ratio as percent, milliseconds as such. */
export const figureText = (value: number | null | undefined, unit: string): string => {
  if (value === null || value === undefined) return 'no data';
  if (unit === 'ratio') return `${Number((value * 100).toPrecision(3))}\u00a0%`;
  if (unit === 'ms') return `${Math.round(value)}\u00a0ms`;
  return String(Number(value.toPrecision(3)));
};

/** One curve with the line of health and each mark as a lettered upright; the same facts as text below it. */
export const Curve = ({ series, height = 190 }: { series: Series; height?: number }) => {
  const holder = useRef<HTMLDivElement>(null);
  const caption = useId();

  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    let chart: uPlot | undefined;
    let gone = false;
    const draw = async (): Promise<void> => {
      const { default: Plot } = await import('uplot');
      if (gone) return;
      chart?.destroy();
      chart = new Plot(optionsOf(series, element, height), dataOf(series), element);
    };
    void draw();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const redraw = (): void => void draw();
    scheme.addEventListener('change', redraw);
    const resize = new ResizeObserver(() => chart?.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      gone = true;
      scheme.removeEventListener('change', redraw);
      resize.disconnect();
      chart?.destroy();
    };
  }, [series, height]);

  const values = series.points.flatMap((point) => (point.value === null ? [] : [point.value]));
  const now = values.at(-1) ?? null;
  const highest = values.length > 0 ? Math.max(...values) : null;
  return (
    <figure class="curve">
      <figcaption id={caption}>
        <strong>{series.title}</strong>
        <span class="soft">
          {' '}
          now {figureText(now, series.unit)}, highest {figureText(highest, series.unit)}
          {series.healthyBelow === null ? '' : `, healthy below ${figureText(series.healthyBelow, series.unit)}`}
        </span>
      </figcaption>
      {series.points.length === 0 ? (
        <p class="note">No samples. No data is not health.</p>
      ) : (
        <div class="curve-canvas" ref={holder} role="img" aria-labelledby={caption} />
      )}
      {series.marks.length > 0 ? (
        <ol class="plain marks">
          {series.marks.map((mark, index) => (
            <li key={`${mark.at}${mark.text}`}>
              <span class="mark-letter">{letter(index)}</span> {mark.text} <Instant at={mark.at} />
            </li>
          ))}
        </ol>
      ) : null}
    </figure>
  );
};

const letter = (index: number): string => String.fromCharCode(65 + (index % 26));
const seconds = (at: string): number => Date.parse(at) / 1_000;

const dataOf = (series: Series): uPlot.AlignedData => [
  series.points.map((point) => seconds(point.at)),
  series.points.map((point) => point.value),
];

const optionsOf = (series: Series, element: HTMLElement, height: number): uPlot.Options => {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const highest = Math.max(series.healthyBelow ?? 0, ...series.points.map((point) => point.value ?? 0));
  const axis = { stroke: token('--ink-soft'), grid: { stroke: token('--line'), width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false },
    scales: { x: { time: true }, y: { range: [0, highest * 1.15 || 1] } },
    axes: [
      { ...axis, size: 30, values: (_, ticks) => ticks.map((tick) => clockTime(tick * 1_000).slice(0, 5)) },
      { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => figureText(tick, series.unit)) },
    ],
    series: [{}, { stroke: token('--accent'), width: 2, fill: token('--curve-fill'), points: { show: false } }],
    hooks: { draw: [(chart) => annotate(chart, series, token)] },
  };
};

const annotate = (chart: uPlot, series: Series, token: (name: string) => string): void => {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = ratio;
  if (series.healthyBelow !== null) {
    const y = chart.valToPos(series.healthyBelow, 'y', true);
    ctx.strokeStyle = token('--good');
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    line(ctx, [bbox.left, y], [bbox.left + bbox.width, y]);
  }
  ctx.setLineDash([]);
  ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (const [index, mark] of series.marks.entries()) {
    const x = chart.valToPos(seconds(mark.at), 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = token('--ink');
    line(ctx, [x, bbox.top], [x, bbox.top + bbox.height]);
    ctx.fillStyle = token('--ink');
    ctx.fillRect(x - 8 * ratio, bbox.top, 16 * ratio, 16 * ratio);
    ctx.fillStyle = token('--surface');
    ctx.fillText(letter(index), x, bbox.top + 8.5 * ratio);
  }
  ctx.restore();
};

const line = (ctx: CanvasRenderingContext2D, from: [number, number], to: [number, number]): void => {
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
};
