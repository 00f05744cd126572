import type { GatewayFigures, Quantiles } from "@parloir/contracts/cluster.ts";
import type { ClusterPoint } from "@parloir/contracts/cluster-history.ts";
import { useMemo } from "react";
import { useLanguage } from "../languages/language.tsx";
import { createFigureFormats, type FigureFormats } from "./format.ts";
import { allowedFailures, deliveryLevel, levelReached } from "./health.ts";
import { oldestJob } from "./queue-depths.ts";
import { isHeard, type Seen } from "./standing.ts";
import { type MetricsTexts, metricsTexts } from "./texts.ts";

/** One row that answers: are we well? Each figure with its unit and its window. */
export function Headline({ seen, points }: { seen: Seen; points: ClusterPoint[] }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const formats = useMemo(() => createFigureFormats(language), [language]);
  // A page without news goes on showing its last figures, dimmed.
  const present = seen.view.nodes.filter((node) => isHeard(node, { ...seen, isStale: false }));
  const gateways = present.flatMap(({ gateway }) => gateway ?? []);
  const apis = present.flatMap(({ api }) => api ?? []);
  const sum = (values: number[]) =>
    values.length > 0 && seen.view.alone === undefined
      ? values.reduce((total, each) => total + each, 0)
      : null;
  const { budget } = levelReached("send", points);

  return (
    <section className="tiles tiles-eight" aria-label={t.title} data-testid="headline">
      <DeliveryTile level={deliveryLevel(seen)} t={t} />
      <QuantileTile
        title={t.receive}
        found={worst(gateways.map((each) => each.delivery))}
        t={t}
        formats={formats}
      />
      <QuantileTile title={t.ack} found={worst(gateways.map((each) => each.ack))} t={t} formats={formats} />
      <CanaryTile canaries={gateways.map((each) => each.canary)} t={t} formats={formats} />
      <Tile
        title={t.sockets}
        value={shown(sum(gateways.map((each) => each.sockets)), formats.count)}
        note={t.peoples}
        t={t}
      />
      <Tile
        title={t.messages}
        value={shown(sum(apis.map((each) => each.messagesPerSecond)), formats.rate)}
        note={t.peoples}
        t={t}
      />
      <Tile
        title={t.outbox}
        value={shown(oldestJob(seen), formats.milliseconds)}
        unit={t.milliseconds}
        note={t.now}
        t={t}
      />
      <Tile
        title={t.budget}
        value={shown(budget && Math.max(0, budget), formats.percent)}
        note={
          budget === null
            ? t.budgetUnused
            : `${t.budgetMeaning(formats.percent(allowedFailures))}, ${t.lastHour}`
        }
        tone={budget !== null && budget < 0 ? "error" : undefined}
        t={t}
      />
    </section>
  );
}

function worst(all: (Quantiles | null)[]): Quantiles | null {
  return all.reduce((slowest, each) => ((each?.p99 ?? -1) > (slowest?.p99 ?? -1) ? each : slowest), null);
}

function shown(value: number | null, format: (value: number) => string): string | null {
  return value === null ? null : format(value);
}

interface TileProps {
  title: string;
  /** Null: nothing was observed. */
  value: string | null;
  unit?: string;
  note: string;
  tone?: "error" | "success" | undefined;
  t: MetricsTexts;
}

function Tile({ title, value, unit, note, tone, t }: TileProps) {
  return (
    <div className="tile" data-tone={tone}>
      <h2>{title}</h2>
      <p className="tile-value">
        {value ?? <span title={t.unknownMeaning}>{t.unknown}</span>}
        {value !== null && unit ? <span className="tile-unit"> {unit}</span> : null}
      </p>
      <p className="tile-note">{note}</p>
    </div>
  );
}

function DeliveryTile({ level, t }: { level: ReturnType<typeof deliveryLevel>; t: MetricsTexts }) {
  const words = {
    live: t.deliveryLive,
    late: t.deliveryLate,
    part: t.deliveryPart,
    stored: t.deliveryStored,
    none: t.deliveryNone,
    unknown: t.deliveryUnknown,
  };
  const states = { live: "ready", unknown: "stale" } as Record<string, string>;
  const tone = level === "live" ? "success" : level === "unknown" ? undefined : "error";
  return (
    <div className="tile" data-tone={tone} data-testid="delivery-level">
      <h2>{t.delivery}</h2>
      <p className="tile-words">
        <span className="state-dot" data-state={states[level] ?? "degraded"} />
        {words[level]}
      </p>
      <p className="tile-note">{t.now}</p>
    </div>
  );
}

interface CanaryTileProps {
  canaries: GatewayFigures["canary"][];
  t: MetricsTexts;
  formats: FigureFormats;
}

/** What the gateways' own clients measure, also when nobody writes. */
function CanaryTile({ canaries, t, formats }: CanaryTileProps) {
  const failing = canaries.some(({ failedPerSecond }) => failedPerSecond > 0);
  const part = (found: Quantiles | null) => (found === null ? t.unknown : formats.milliseconds(found.p50));
  return (
    <div className="tile" data-tone={failing ? "error" : undefined} data-testid="canary">
      <h2>{t.canary}</h2>
      <dl className="tile-quantiles">
        <div>
          <dt>{t.canaryAck}</dt>
          <dd>{part(worst(canaries.map(({ ack }) => ack)))}</dd>
        </div>
        <div>
          <dt>{t.canaryReceive}</dt>
          <dd>{part(worst(canaries.map(({ delivery }) => delivery)))}</dd>
        </div>
      </dl>
      <p className="tile-note">{failing ? t.canaryFails : `${t.milliseconds}, ${t.worst}, ${t.now}`}</p>
    </div>
  );
}

interface QuantileTileProps {
  title: string;
  found: Quantiles | null;
  t: MetricsTexts;
  formats: FigureFormats;
}

function QuantileTile({ title, found, t, formats }: QuantileTileProps) {
  const part = (value: number | undefined) => (value === undefined ? t.unknown : formats.milliseconds(value));
  return (
    <div className="tile">
      <h2>{title}</h2>
      <dl className="tile-quantiles">
        {(["p50", "p95", "p99"] as const).map((name) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{part(found?.[name])}</dd>
          </div>
        ))}
      </dl>
      <p className="tile-note">
        {t.milliseconds}, {t.worst}, {t.now}
      </p>
    </div>
  );
}
