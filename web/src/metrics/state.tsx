import type { NodeSnapshot } from "@parloir/contracts/cluster.ts";
import { useLanguage } from "../languages/language.tsx";
import { type Seen, type Standing, standingOf } from "./standing.ts";
import { metricsTexts } from "./texts.ts";

/** A state is a shape as well as a colour; the words stand beside it. */
export function StateDot({ state }: { state: Standing | "unknown" }) {
  return <span className="state-dot" data-state={state} />;
}

/** How a process stands, in words. */
export function useStandingWords(seen: Seen): (node: NodeSnapshot) => string {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  return (node) => {
    const standing = standingOf(node, seen);
    const seconds = Math.max(0, Math.round((seen.now - Date.parse(node.at)) / 1_000));
    if (standing === "gone") return t.gone(seconds);
    if (standing !== "stale") return t[standing];
    return seen.isStale ? t.notKnown : t.silent(seconds);
  };
}
