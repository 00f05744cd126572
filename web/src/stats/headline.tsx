import type { Figures, Measure, ResponseTimes } from "@parloir/contracts/stats.ts";
import { useDuration, useStats, useStatsTexts } from "./stats-context.tsx";

export const measureNames = [
  ["first_reply", "firstReply"],
  ["next_reply", "nextReply"],
  ["resolution", "resolution"],
] as const satisfies [Measure, string][];

/** Each figure leads to the conversations that it is made of. */
export function Headline({ times }: { times: ResponseTimes }) {
  const t = useStatsTexts();
  const duration = useDuration();
  const { show } = useStats();
  const { waiting } = times;
  return (
    <section className="tiles" aria-label={t.title} data-testid="stats-headline">
      {measureNames.map(([measure, name]) => (
        <MeasureTile key={measure} measure={measure} title={t[name]} figures={times[name]} />
      ))}
      <div className="tile" data-tone={waiting.n > 0 ? "error" : "success"}>
        <h2>{t.waitingNow}</h2>
        <p className="tile-value">
          <button type="button" className="figure-link" onClick={() => show({ outcome: "open" })}>
            {waiting.n}
          </button>
        </p>
        <p className="tile-note">
          {waiting.oldestSeconds === null ? t.waitingNone : t.waitingSince(duration(waiting.oldestSeconds))}
        </p>
      </div>
    </section>
  );
}

function MeasureTile({ measure, title, figures }: { measure: Measure; title: string; figures: Figures }) {
  const t = useStatsTexts();
  const duration = useDuration();
  const { show, address } = useStats();
  const shown = address.business ? figures.business : figures;
  const good = measure === "resolution" ? "resolved" : "answered";
  return (
    <div className="tile" data-testid={`tile-${measure}`}>
      <h2>{title}</h2>
      <dl className="tile-quantiles">
        {(
          [
            [t.median, shown.p50],
            [t.p90, shown.p90],
          ] as const
        ).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd title={value === null ? t.noneMeaning : undefined}>{duration(value)}</dd>
          </div>
        ))}
      </dl>
      <p className="tile-note stats-counts">
        <button type="button" className="figure-link" onClick={() => show({ measure, outcome: good })}>
          {t[good](figures.n)}
        </button>
        {measure !== "resolution" && (
          <button
            type="button"
            className="figure-link"
            onClick={() => show({ measure, outcome: "closed_unanswered" })}
          >
            {t.unanswered(figures.unanswered)}
          </button>
        )}
        {figures.open > 0 && (
          <button type="button" className="figure-link" onClick={() => show({ measure, outcome: "open" })}>
            {t.open(figures.open)}
          </button>
        )}
        {address.business && shown.n < figures.n && <span>{t.noSchedule}</span>}
      </p>
    </div>
  );
}
