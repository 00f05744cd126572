import type { Rest } from "@parloir/client/core/rest.ts";
import type { Accountable } from "@parloir/contracts/stats.ts";
import { createContext, useContext, useMemo } from "react";
import { durationIn } from "../durations.ts";
import { useLanguage } from "../languages/language.tsx";
import { anyWaits, type StatsAddress, type WaitsBehind } from "./address.ts";
import { type StatsTexts, statsTexts } from "./texts.ts";

export interface StatsParts {
  rest: Rest;
  /** The bearer's token, for a download. */
  download: (path: string, name: string) => Promise<void>;
  address: StatsAddress;
  go: (change: Partial<StatsAddress>) => void;
  /** ISO times: the same for all figures of the page, and moved on every few minutes. */
  from: string;
  to: string;
  zone: string;
  /** Of the team, and of whom else a list was told. */
  agentName: (userId: string | null, who?: Accountable | null) => string;
}

export const StatsContext = createContext<StatsParts | null>(null);

export function useStats(): StatsParts & { show: (waits: Partial<WaitsBehind>) => void } {
  const parts = useContext(StatsContext);
  if (!parts) throw new Error("useStats outside StatsContext");
  return { ...parts, show: (waits) => parts.go({ waits: { ...anyWaits, ...waits } }) };
}

export function useStatsTexts(): StatsTexts {
  return statsTexts[useLanguage().language];
}

export function useDuration(): (seconds: number | null) => string {
  const { language } = useLanguage();
  const t = useStatsTexts();
  return useMemo(() => {
    const format = durationIn(language);
    return (seconds) => (seconds === null ? t.none : format(seconds));
  }, [language, t]);
}
