import type { ShownPoints } from "@parloir/client/core/cluster-points.ts";
import type { ClusterPoint } from "@parloir/contracts/cluster-history.ts";
import { memo, useEffect, useMemo, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { Chart } from "./chart.tsx";
import { createFigureFormats } from "./format.ts";
import { NodeCharts } from "./node-charts.tsx";
import { Segmented } from "./segmented.tsx";
import type { Series } from "./series.ts";
import { type MetricsTexts, metricsTexts } from "./texts.ts";

interface HistoryProps extends ShownPoints {
  loadDay: () => Promise<ShownPoints>;
  paused: boolean;
}

/** The last hour or day as charts, each with the table behind it: of the whole, and of each process. */
export const History = memo(function History({ points, nodes, loadDay, paused }: HistoryProps) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const [range, setRange] = useState<"hour" | "day">("hour");
  const day = useDay(range === "day" && !paused, loadDay);
  const shown = range === "hour" ? { points, nodes } : day;
  return (
    <section className="metrics-section" data-testid="history">
      <div className="metrics-section-head">
        <h2>{t.history}</h2>
        <Segmented label={t.historyRange} names={t.historyRanges} chosen={range} choose={setRange} />
        {range === "day" && day.isFailed && (
          <p className="metrics-stale" role="status">
            {t.historyFailed}
          </p>
        )}
      </div>
      <WholeCharts points={shown.points} />
      <NodeCharts points={shown.nodes} />
    </section>
  );
});

function WholeCharts({ points }: { points: ClusterPoint[] }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const formats = useMemo(() => createFigureFormats(language), [language]);
  const { receive, messages, sockets } = useMemo(() => seriesOf(t), [t]);
  return (
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
  );
}

const dayEveryMs = 60_000;

/** Read when it is looked at, and every minute; what was read stays when a later reading fails. */
function useDay(wanted: boolean, load: () => Promise<ShownPoints>) {
  const [day, setDay] = useState<ShownPoints & { isFailed: boolean }>({
    points: [],
    nodes: [],
    isFailed: false,
  });
  useEffect(() => {
    if (!wanted) return;
    let ended = false;
    const ask = () =>
      load().then(
        (read) => ended || setDay({ ...read, isFailed: false }),
        () => ended || setDay((present) => ({ ...present, isFailed: true })),
      );
    void ask();
    const timer = setInterval(() => void ask(), dayEveryMs);
    return () => {
      ended = true;
      clearInterval(timer);
    };
  }, [wanted, load]);
  return day;
}

function seriesOf(t: MetricsTexts): Record<"receive" | "messages" | "sockets", Series<ClusterPoint>[]> {
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
    messages: [
      {
        name: t.committed,
        read: ({ messagesPerSecond, sendsPerSecond }) => messagesPerSecond ?? sendsPerSecond,
        colour: "--accent",
      },
    ],
    sockets: [{ name: t.sockets, read: (point) => point.sockets, colour: "--accent" }],
  };
}
