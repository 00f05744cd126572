import type { Agent } from "@parloir/contracts/shapes.ts";
import { measuredKinds } from "@parloir/contracts/stats.ts";
import { spans } from "./address.ts";
import { useStats, useStatsTexts } from "./stats-context.tsx";

export function StatsFilters({ agents }: { agents: readonly Agent[] }) {
  const t = useStatsTexts();
  const { address, go } = useStats();
  return (
    <div className="stats-filters">
      <fieldset className="segmented" aria-label={t.range}>
        {spans.map((days) => (
          <button
            key={days}
            type="button"
            aria-pressed={days === address.days}
            onClick={() => go({ days, waits: null })}
          >
            {t.days(days)}
          </button>
        ))}
      </fieldset>
      <fieldset className="segmented" aria-label={t.clock}>
        {[false, true].map((business) => (
          <button
            key={String(business)}
            type="button"
            aria-pressed={business === address.business}
            onClick={() => go({ business })}
          >
            {business ? t.businessTime : t.calendar}
          </button>
        ))}
      </fieldset>
      <select
        className="field"
        aria-label={t.kind}
        value={address.kind ?? ""}
        onChange={({ target }) =>
          go({ kind: measuredKinds.find((kind) => kind === target.value) ?? null, waits: null })
        }
      >
        <option value="">{t.anyKind}</option>
        {measuredKinds.map((kind) => (
          <option key={kind} value={kind}>
            {t[kind]}
          </option>
        ))}
      </select>
      <select
        className="field"
        aria-label={t.agent}
        value={address.agentId ?? ""}
        onChange={({ target }) => go({ agentId: target.value || null, waits: null })}
      >
        <option value="">{t.everybody}</option>
        {agents.map(({ userId, name }) => (
          <option key={userId} value={userId}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
