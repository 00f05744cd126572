import { type Harm, harms, type NodeSnapshot } from "@parloir/contracts/cluster.ts";
import { useEffect, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { offers } from "../session.ts";
import { type Seen, standingOf } from "./standing.ts";
import { metricsTexts } from "./texts.ts";

export type DoHarm = (name: string, harm: Harm) => Promise<void>;

/** Whether this is a demonstration, where one may break things; production has no such routes. */
export function useIsDemonstration(): boolean {
  const [isDemo, setIsDemo] = useState(false);
  useEffect(() => {
    offers().then(
      ({ demo }) => setIsDemo(demo),
      () => undefined,
    );
  }, []);
  return isDemo;
}

interface HarmButtonsProps {
  node: NodeSnapshot;
  seen: Seen;
  doHarm: DoHarm;
}

/** Kill it or freeze it, and watch that nothing is lost. */
export function HarmButtons({ node, seen, doHarm }: HarmButtonsProps) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  if (standingOf(node, seen) === "gone") return null;
  return harms.map((harm) => (
    <button
      key={harm}
      type="button"
      className="button button-outlined"
      aria-label={t.harmNode(t.harms[harm]!, node.name)}
      onClick={() => void doHarm(node.name, harm).catch(() => undefined)}
    >
      {t.harms[harm]}
    </button>
  ));
}
