import type { Figures, Measure, ResponseTimes } from "@parloir/contracts/stats.ts";
import { useTick } from "../use-tick.ts";
import { filtered } from "./address.ts";
import { Figure } from "./figure.tsx";
import { useDuration, useStats, useStatsTexts } from "./stats-context.tsx";
import { useAnswer } from "./use-answer.ts";

export const measureNames = [
  ["first_reply", "firstReply"],
  ["next_reply", "nextReply"],
  ["resolution", "resolution"],
] as const satisfies [Measure, string][];

/** How what a measure counts has ended. */
export const endOf = (measure: Measure) => (measure === "resolution" ? "resolved" : "answered");

/** How often what waits now is asked for: by itself, so that it costs a range of no length. */
const waitingMs = 30_000;

/** Each figure leads to the conversations that it is made of. */
export function Headline({ times }: { times: ResponseTimes | null }) {
  const t = useStatsTexts();
  return (
    <section className="tiles" aria-label={t.title} data-testid="stats-headline">
      {times &&
        measureNames.map(([measure, name]) => (
          <MeasureTile key={measure} measure={measure} title={t[name]} figures={times[name]} />
        ))}
      <WaitingTile />
    </section>
  );
}

function WaitingTile() {
  const t = useStatsTexts();
  const duration = useDuration();
  const { rest, address } = useStats();
  const now = new Date(useTick(waitingMs)).toISOString();
  const query = filtered(new URLSearchParams({ from: now, to: now }), address);
  const waiting = useAnswer<ResponseTimes>(rest, `/api/stats/response-times?${query}`).data?.waiting;
  if (!waiting) return null;
  const oldest = address.business ? waiting.oldestBusinessSeconds : waiting.oldestSeconds;
  return (
    <div className="tile" data-tone={waiting.n > 0 ? "error" : "success"} data-testid="tile-waiting">
      <h2>{t.waitingNow}</h2>
      <p className="tile-value">
        <Figure n={waiting.n} waits={{ outcome: "open", anyTime: true }} />
      </p>
      <p className="tile-note">
        {waiting.n === 0 && t.waitingNone}
        {waiting.n > 0 && (oldest === null ? t.noSchedule : t.waitingSince(duration(oldest)))}
      </p>
    </div>
  );
}

function MeasureTile({ measure, title, figures }: { measure: Measure; title: string; figures: Figures }) {
  const t = useStatsTexts();
  const duration = useDuration();
  const { address } = useStats();
  const shown = address.business ? figures.business : figures;
  const good = endOf(measure);
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
        <Figure n={figures.n} waits={{ measure, outcome: good }}>
          {t[good](figures.n)}
        </Figure>
        {measure !== "resolution" && (
          <Figure n={figures.unanswered} waits={{ measure, outcome: "closed_unanswered" }}>
            {t.unanswered(figures.unanswered)}
          </Figure>
        )}
        {figures.open > 0 && (
          <Figure n={figures.open} waits={{ measure, outcome: "open" }}>
            {t.open(figures.open)}
          </Figure>
        )}
        {address.business && shown.n < figures.n && <span>{t.noSchedule}</span>}
      </p>
    </div>
  );
}
