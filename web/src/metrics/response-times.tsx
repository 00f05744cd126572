import { createRest } from "@parloir/client/core/rest.ts";
import { createTokens } from "@parloir/client/core/token.ts";
import type { Figures, ResponseTimes } from "@parloir/contracts/stats.ts";
import { useEffect, useMemo, useState } from "react";
import { durationIn } from "../durations.ts";
import { useLanguage } from "../languages/language.tsx";
import { go } from "../route.ts";
import { token } from "../session.ts";
import { metricsTexts } from "./texts.ts";

/** They change by people's minutes, not by machines' seconds. */
const readEveryMs = 30_000;
const dayMs = 86_400_000;

/** How the team answers, beside how the machines do. */
export function ResponseTimesSection({ paused }: { paused: boolean }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const duration = useMemo(() => durationIn(language), [language]);
  const { times, at } = useLastDay(paused);
  if (!times) return null;
  const shown = (seconds: number | null) => (seconds === null ? t.unknown : duration(seconds));
  const time = new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(at);
  const measures: [string, Figures][] = [
    [t.firstReply, times.firstReply],
    [t.nextReply, times.nextReply],
    [t.resolution, times.resolution],
  ];
  return (
    <section className="metrics-section" data-testid="response-times">
      <h2>
        <a
          href="/admin/stats"
          onClick={(event) => {
            event.preventDefault();
            go("/admin/stats");
          }}
        >
          {t.responseTimes}
        </a>
      </h2>
      <div className="tiles">
        {measures.map(([title, { p50, p90, n, unanswered }]) => (
          <div className="tile" key={title}>
            <h2>{title}</h2>
            <dl className="tile-quantiles">
              <div>
                <dt>{t.median}</dt>
                <dd>{shown(p50)}</dd>
              </div>
              <div>
                <dt>p90</dt>
                <dd>{shown(p90)}</dd>
              </div>
            </dl>
            <p className="tile-note">
              n {n}, {t.unanswered(unanswered)}, {t.lastDay}, {t.asOf} {time}
            </p>
          </div>
        ))}
        <div className="tile">
          <h2>{t.waitingNow}</h2>
          <p className="tile-value">{times.waiting.n}</p>
          <p className="tile-note">
            {times.waiting.oldestSeconds !== null && `${t.oldest} ${duration(times.waiting.oldestSeconds)}, `}
            {t.asOf} {time}
          </p>
        </div>
      </div>
    </section>
  );
}

function useLastDay(paused: boolean): { times: ResponseTimes | null; at: number } {
  const [read, setRead] = useState<{ times: ResponseTimes | null; at: number }>({ times: null, at: 0 });
  useEffect(() => {
    if (paused) return;
    let ended = false;
    const rest = createRest({
      url: location.origin,
      tokens: createTokens(token),
      fetch: globalThis.fetch.bind(globalThis),
    });
    async function ask() {
      const at = Date.now();
      const from = new Date(at - dayMs).toISOString();
      const times = await rest<ResponseTimes>(
        "GET",
        `/api/stats/response-times?from=${encodeURIComponent(from)}`,
      ).catch(() => null);
      // What cannot be read now stays, with the time of when it could.
      if (!ended && times) setRead({ times, at });
    }
    void ask();
    const timer = setInterval(() => void ask(), readEveryMs);
    return () => {
      ended = true;
      clearInterval(timer);
    };
  }, [paused]);
  return read;
}
