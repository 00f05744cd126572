import { type ClusterFeed, createClusterFeed } from "@parloir/client/core/cluster.ts";
import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { useEffect, useState } from "react";
import { AdminNav } from "../admin-nav.tsx";
import { Bar } from "../bar.tsx";
import { useLanguage } from "../languages/language.tsx";
import { token } from "../session.ts";
import { FlightSection } from "./flight.tsx";
import { useIsDemonstration } from "./harm-buttons.tsx";
import { Headline } from "./headline.tsx";
import { History } from "./history.tsx";
import { Levels } from "./levels.tsx";
import { Nodes } from "./nodes.tsx";
import { Queues } from "./queues.tsx";
import { ResponseTimesSection } from "./response-times.tsx";
import type { Seen } from "./standing.ts";
import { metricsTexts } from "./texts.ts";
import { Topology } from "./topology.tsx";
import { useNow } from "./use-now.ts";

interface MetricsPageProps {
  user: { id: string; name: string };
}

/** The cluster, live, for administrators. */
export default function MetricsPage({ user }: MetricsPageProps) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const [feed, setFeed] = useState<ClusterFeed | null>(null);

  useEffect(() => {
    const next = createClusterFeed({ url: location.origin, getToken: token });
    setFeed(next);
    return () => next.close();
  }, []);
  useEffect(() => {
    document.title = `${t.title} · Parloir`;
  }, [t]);

  return (
    <div className="metrics-frame">
      {feed ? <Live feed={feed} user={user} /> : <Bar user={user} status={null} />}
    </div>
  );
}

/** Two pushes that did not come: what stands on the page is old. */
const staleMs = 6_000;

function Live({ feed, user }: MetricsPageProps & { feed: ClusterFeed }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const { status } = useSnapshot(feed.connection);
  const { view, receivedAt, points, nodes, paused } = useSnapshot(feed.state);
  const now = useNow(1_000);
  const isDemo = useIsDemonstration();
  const age = now - receivedAt;
  const isStale = view !== null && !paused && age > staleMs;
  // By the server's clock: a browser's may be minutes off. It stands still when there is no news: that the page hears
  // nothing says nothing about the processes.
  const seen: Seen | null = view && {
    view,
    now: Date.parse(view.at) + (paused || isStale ? 0 : Math.max(0, age)),
    isStale,
  };

  return (
    <>
      <Bar user={user} status={status}>
        <AdminNav here="/admin/metrics" />
      </Bar>
      <main className="metrics" data-stale={isStale || undefined} data-testid="metrics">
        <div className="metrics-head">
          <h1>{t.title}</h1>
          {view && <AsOf at={view.at} paused={paused} />}
          <button
            type="button"
            className="button button-outlined"
            aria-pressed={paused}
            onClick={() => feed.pause(!paused)}
          >
            {paused ? t.resume : t.pause}
          </button>
        </div>
        {isStale && (
          <p className="metrics-stale" role="status">
            {t.stale(Math.floor(age / 1_000))}
          </p>
        )}
        {view?.alone !== undefined && !isStale && (
          <p className="metrics-stale" role="status" data-testid="alone">
            {t.alone(view.alone)}
          </p>
        )}
        {seen === null ? (
          <p className="metrics-empty" role="status">
            {status === "online" ? t.notAdmin : t.waiting}
          </p>
        ) : (
          <>
            <Headline seen={seen} points={points} />
            <Topology seen={seen} />
            {isDemo && (
              <p className="chaos">
                {t.chaosHint}{" "}
                <button
                  type="button"
                  className="button button-outlined"
                  onClick={() => void feed.harm("redis", "kill").catch(() => undefined)}
                >
                  {t.stopRedis}
                </button>
              </p>
            )}
            <Nodes seen={seen} drain={feed.drain} doHarm={isDemo ? feed.harm : null} />
            <Queues seen={seen} />
            <History points={points} nodes={nodes} loadDay={feed.day} paused={paused} />
            <Levels points={points} />
            <ResponseTimesSection paused={paused} />
            <FlightSection />
          </>
        )}
      </main>
    </>
  );
}

function AsOf({ at, paused }: { at: string; paused: boolean }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const time = new Intl.DateTimeFormat(language, { timeStyle: "medium" }).format(new Date(at));
  return (
    <p className="metrics-as-of">
      {paused ? `${t.paused}, ` : ""}
      {t.asOf} <time dateTime={at}>{time}</time>
    </p>
  );
}
