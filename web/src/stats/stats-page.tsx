import { createRest } from "@parloir/client/core/rest.ts";
import { createTokens } from "@parloir/client/core/token.ts";
import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import type { Page } from "@parloir/contracts/http.ts";
import type { Agent } from "@parloir/contracts/shapes.ts";
import type { Distribution, ResponseTimes } from "@parloir/contracts/stats.ts";
import { useEffect, useMemo } from "react";
import { AdminNav } from "../admin-nav.tsx";
import { Bar } from "../bar.tsx";
import { useLanguage } from "../languages/language.tsx";
import { go, route } from "../route.ts";
import { token } from "../session.ts";
import { useTick } from "../use-tick.ts";
import { filtered, readStatsAddress, writeStatsAddress } from "./address.ts";
import { ByAgent } from "./by-agent.tsx";
import { ByHour } from "./by-hour.tsx";
import { DistributionBars } from "./distribution.tsx";
import { StatsFilters } from "./filters.tsx";
import { Headline } from "./headline.tsx";
import { StatsContext, type StatsParts, useStats, useStatsTexts } from "./stats-context.tsx";
import { useAnswer } from "./use-answer.ts";
import { WaitsPanel } from "./waits-panel.tsx";

const dayMs = 86_400_000;
/** Three questions over up to 90 days: what waits at this moment is asked for by itself, and more often. */
const figuresMs = 300_000;

/** How long customers wait, for the people who answer them. */
export default function StatsPage({ user }: { user: { id: string; name: string } }) {
  const t = useStatsTexts();
  const { search } = useSnapshot(route);
  const address = useMemo(() => readStatsAddress(search), [search]);
  const rest = useMemo(
    () =>
      createRest({
        url: location.origin,
        tokens: createTokens(token),
        fetch: globalThis.fetch.bind(globalThis),
      }),
    [],
  );
  const agents = useAnswer<Page<Agent>>(rest, "/api/agents?limit=200");
  const now = useTick(figuresMs);
  useEffect(() => {
    document.title = `${t.title} · Parloir`;
  }, [t]);

  const parts = useMemo<StatsParts>(() => {
    const names = new Map(agents.data?.items.map(({ userId, name }) => [userId, name]));
    return {
      rest,
      download,
      address,
      go: (change) => go(writeStatsAddress({ ...address, ...change })),
      from: new Date(now - address.days * dayMs).toISOString(),
      to: new Date(now).toISOString(),
      zone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
      agentName: (userId, who) => (userId === null ? t.nobody : (names.get(userId) ?? who?.name ?? userId)),
    };
  }, [rest, agents.data, address, now, t]);

  return (
    <div className="metrics-frame">
      <Bar user={user} status={null}>
        <AdminNav here="/admin/stats" />
      </Bar>
      <main className="metrics stats" data-testid="stats">
        <StatsContext value={parts}>
          {agents.error === "FORBIDDEN" ? (
            <p className="metrics-empty">{t.notAgent}</p>
          ) : (
            <Figures agents={agents.data?.items ?? []} />
          )}
        </StatsContext>
      </main>
    </div>
  );
}

async function download(path: string, name: string): Promise<void> {
  const answer = await fetch(path, { headers: { authorization: `Bearer ${await token({ renew: false })}` } });
  if (!answer.ok) throw new Error(`answer ${answer.status}`);
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(await answer.blob());
  anchor.download = name;
  anchor.click();
  URL.revokeObjectURL(anchor.href);
}

function Figures({ agents }: { agents: readonly Agent[] }) {
  const t = useStatsTexts();
  const { language } = useLanguage();
  const { rest, address, from, to, zone } = useStats();
  const query = filtered(new URLSearchParams({ from, to }), address);
  const times = (groupBy: string) => `/api/stats/response-times?${query}&groupBy=${groupBy}&zone=${zone}`;
  const byAgent = useAnswer<ResponseTimes>(rest, times("agent"));
  const byHour = useAnswer<ResponseTimes>(rest, times("hour_of_week"));
  const distribution = useAnswer<Distribution>(
    rest,
    `/api/stats/distribution?${query}&clock=${address.business ? "business" : "calendar"}`,
  );
  const at = new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(new Date(to));
  const failed = byAgent.error ?? byHour.error ?? distribution.error;

  return (
    <>
      <div className="metrics-head">
        <h1>{t.title}</h1>
        <p className="metrics-as-of">
          {t.asOf} <time dateTime={to}>{at}</time>
        </p>
        <StatsFilters agents={agents} />
      </div>
      {failed && <p role="alert">{t.failed}</p>}
      <Headline times={byAgent.data} />
      {address.waits && (
        // Another figure is another list.
        <WaitsPanel key={JSON.stringify(address.waits)} waits={address.waits} />
      )}
      {distribution.data && <DistributionBars distribution={distribution.data} />}
      {byAgent.data && <ByAgent times={byAgent.data} />}
      {byHour.data && <ByHour times={byHour.data} />}
    </>
  );
}
