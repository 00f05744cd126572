import type { ClusterPoint } from "@parloir/contracts/cluster.ts";
import { useMemo } from "react";
import { useLanguage } from "../languages/language.tsx";
import { Chart, type Series } from "./chart.tsx";
import { createFigureFormats } from "./format.ts";
import { type MetricsTexts, metricsTexts } from "./texts.ts";

/** The last hour as charts, each with the table behind it. */
export function History({ points }: { points: ClusterPoint[] }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const formats = useMemo(() => createFigureFormats(language), [language]);
  const { receive, messages, sockets } = useMemo(() => seriesOf(t), [t]);
  return (
    <section className="metrics-section">
      <h2>{t.history}</h2>
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
