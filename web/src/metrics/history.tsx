import type { ClusterPoint } from "@parloir/contracts/cluster.ts";
import { useEffect, useMemo, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { Chart } from "./chart.tsx";
import { createFigureFormats } from "./format.ts";
import type { Series } from "./series.ts";
import { type MetricsTexts, metricsTexts } from "./texts.ts";

interface HistoryProps {
  /** The last hour. */
  points: ClusterPoint[];
  loadDay: () => Promise<ClusterPoint[]>;
  paused: boolean;
}

/** The last hour or day as charts, each with the table behind it. */
export function History({ points: hour, loadDay, paused }: HistoryProps) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const formats = useMemo(() => createFigureFormats(language), [language]);
  const { receive, messages, sockets } = useMemo(() => seriesOf(t), [t]);
  const [range, setRange] = useState<"hour" | "day">("hour");
  const day = useDay(range === "day" && !paused, loadDay);
  const points = range === "hour" ? hour : day.points;
  return (
    <section className="metrics-section" data-testid="history">
      <div className="metrics-section-head">
        <h2>{t.history}</h2>
        <fieldset className="segmented" aria-label={t.historyRange}>
          {(["hour", "day"] as const).map((each) => (
            <button key={each} type="button" aria-pressed={range === each} onClick={() => setRange(each)}>
              {t.historyRanges[each]}
            </button>
          ))}
        </fieldset>
        {range === "day" && day.isFailed && (
          <p className="metrics-stale" role="status">
            {t.historyFailed}
          </p>
        )}
      </div>
      <div className="charts">
        <Chart
          title={t.chartReceive}
          unit={t.milliseconds}
          points={points}
          series={receive}
          format={formats.rate}
        />
        <Chart
          title={t.chartMessages}
          unit={t.perSecond}
          points={points}
          series={messages}
          format={formats.rate}
        />
        <Chart title={t.chartSockets} unit="" points={points} series={sockets} format={formats.count} whole />
      </div>
    </section>
  );
}

const dayEveryMs = 60_000;

/** Read when it is looked at, and every minute; what was read stays when a later reading fails. */
function useDay(wanted: boolean, load: () => Promise<ClusterPoint[]>) {
  const [day, setDay] = useState<{ points: ClusterPoint[]; isFailed: boolean }>({
    points: [],
    isFailed: false,
  });
  useEffect(() => {
    if (!wanted) return;
    let ended = false;
    const read = () =>
      load().then(
        (points) => ended || setDay({ points, isFailed: false }),
        () => ended || setDay((present) => ({ ...present, isFailed: true })),
      );
    void read();
    const timer = setInterval(() => void read(), dayEveryMs);
    return () => {
      ended = true;
      clearInterval(timer);
    };
  }, [wanted, load]);
  return day;
}

function seriesOf(t: MetricsTexts): Record<"receive" | "messages" | "sockets", Series[]> {
  const inMs = (read: (point: ClusterPoint) => number | null) => (point: ClusterPoint) => {
    const seconds = read(point);
    return seconds === null ? null : seconds * 1_000;
  };
  return {
    receive: [
      { name: "p50", read: inMs((point) => point.deliveryP50), colour: "--text-secondary" },
      { name: "p95", read: inMs((point) => point.deliveryP95), colour: "--accent" },
      { name: "p99", read: inMs((point) => point.deliveryP99), colour: "--error" },
    ],
    messages: [{ name: t.sent, read: (point) => point.sendsPerSecond, colour: "--accent" }],
    sockets: [{ name: t.sockets, read: (point) => point.sockets, colour: "--accent" }],
  };
}
