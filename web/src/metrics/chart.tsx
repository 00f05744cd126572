import { useEffect, useRef, useState } from "react";
import UPlot from "uplot";
import { useLanguage } from "../languages/language.tsx";
import { Scroll } from "./scroll.tsx";
import { dataOf, type Series, type Stroke, type TimedPoint } from "./series.ts";
import { metricsTexts } from "./texts.ts";

/** `series` and `format` stay the same from one rendering to the next, or the chart is drawn anew. */
interface ChartProps<Point extends TimedPoint> {
  title: string;
  unit: string;
  points: Point[];
  series: Series<Point>[];
  format: (value: number) => string;
  /** What is counted has no halves on its scale. */
  whole?: boolean;
}

const height = 160;
const wholeSteps = [1, 2, 5]
  .flatMap((n) => [1, 10, 100, 1_000, 10_000].map((power) => n * power))
  .sort((a, b) => a - b);

export function Chart<Point extends TimedPoint>(props: ChartProps<Point>) {
  const { title, unit, series } = props;
  const { language } = useLanguage();
  const t = metricsTexts[language];
  // Hundreds of rows for each chart: there while somebody looks at them.
  const [isOpen, setOpen] = useState(false);
  return (
    <figure className="chart">
      <figcaption>
        {title}
        {unit ? `, ${unit}` : ""}
        {series.length > 1 && <Legend series={series} />}
      </figcaption>
      <Plot {...props} />
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t.table}</summary>
        {isOpen && <Table {...props} />}
      </details>
    </figure>
  );
}

function Table<Point extends TimedPoint>({ title, points, series, format }: ChartProps<Point>) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const time = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  return (
    <Scroll title={title} className="chart-table">
      <table className="metrics-table">
        <thead>
          <tr>
            <th scope="col">{t.time}</th>
            {series.map(({ name }) => (
              <th scope="col" key={name} className="figure">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points.toReversed().map((point) => (
            <tr key={point.at}>
              <th scope="row">
                <time dateTime={point.at}>{time.format(new Date(point.at))}</time>
              </th>
              {series.map(({ name, read }) => {
                const value = read(point);
                return (
                  <td key={name} className="figure">
                    {value === null ? t.unknown : format(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Legend({ series }: { series: Pick<Series<TimedPoint>, "name" | "colour" | "stroke">[] }) {
  return (
    <span className="chart-legend">
      {series.map(({ name, colour, stroke = "solid" }) => (
        <span key={name}>
          <span className="chart-line" style={{ borderTop: `2px ${stroke} var(${colour})` }} /> {name}
        </span>
      ))}
    </span>
  );
}

/** Drawn anew when the series change; new points only move the data. */
function Plot<Point extends TimedPoint>(props: ChartProps<Point>) {
  const { title, points, series, format, whole = false } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(null);
  const { language } = useLanguage();

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const made = new UPlot(optionsOf(element, { series, format, whole, language }), [[]], element);
    plot.current = made;
    const resize = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [series, format, whole, language]);
  useEffect(() => plot.current?.setData(dataOf(points, series)), [points, series]);

  return <div ref={place} className="chart-plot" role="img" aria-label={title} />;
}

const dashes: Record<Stroke, number[]> = { solid: [], dashed: [6, 4], dotted: [2, 3] };

interface Drawing {
  series: Pick<Series<TimedPoint>, "name" | "colour" | "stroke">[];
  format: (value: number) => string;
  whole: boolean;
  language: string;
}

function optionsOf(element: HTMLElement, { series, format, whole, language }: Drawing): UPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => () => resolved(style, name);
  const axis = { stroke: colour("--text-secondary"), font: "12px system-ui, sans-serif" };
  const time = new Intl.DateTimeFormat(language, { timeStyle: "short" });
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        ticks: { show: false },
        incrs: [60, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600],
        values: (_plot, values) => values.map((seconds) => time.format(new Date(seconds * 1_000))),
      },
      {
        ...axis,
        size: 56,
        grid: { stroke: colour("--line"), width: 1 },
        ticks: { show: false },
        ...(whole ? { incrs: wholeSteps } : {}),
        values: (_plot, values) => values.map(format),
      },
    ],
    series: [
      {},
      ...series.map(({ name, colour: stroke, stroke: kind = "solid" }) => ({
        label: name,
        stroke: colour(stroke),
        width: 1.5,
        dash: dashes[kind],
        spanGaps: false,
        // One alone makes no line.
        points: { show: (plot: UPlot) => plot.data[0].length < 3 },
      })),
    ],
  };
}

/** A custom property may be `light-dark(…)`, which a canvas does not know: the element computes it. */
function resolved(style: CSSStyleDeclaration, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color || style.color;
}
