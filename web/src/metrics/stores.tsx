import type { ClusterView } from "@parloir/contracts/cluster.ts";
import { useEffect, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { reach } from "./health.ts";
import { metricsTexts } from "./texts.ts";

/** What lies around the processes: each in words, and by a shape as well as a colour. */
export function Stores({ view, now }: { view: ClusterView; now: number }) {
  const { language } = useLanguage();
  const t = metricsTexts[language];
  const balancer = useBalancer();
  const stores = (["postgres", "redis", "queue"] as const).map((store) => ({
    store,
    ...reach(view, store, now),
  }));
  return (
    <section className="metrics-section">
      <h2>{t.stores}</h2>
      <ul className="stores">
        <li>
          <State ok={balancer !== null} />
          <strong>{t.balancer}</strong>{" "}
          {balancer === null ? t.answersNot : t.answersHere(Math.round(balancer))}
        </li>
        {stores.map(({ store, ok, of }) => (
          <li key={store}>
            <State ok={ok === of && of > 0} />
            <strong>{t[store]}</strong> {of > 0 ? t.reachedBy(ok, of) : t.unknown}
          </li>
        ))}
      </ul>
    </section>
  );
}

function State({ ok }: { ok: boolean }) {
  return <span className="state-dot" data-state={ok ? "ready" : "degraded"} />;
}

const askEveryMs = 5_000;
const patienceMs = 4_000;

/** This browser's round trip through the balancer, milliseconds; null when it failed. */
function useBalancer(): number | null {
  const [took, setTook] = useState<number | null>(0);
  useEffect(() => {
    let ended = false;
    async function ask() {
      const began = performance.now();
      const answer = await fetch("/livez", { signal: AbortSignal.timeout(patienceMs) }).catch(() => null);
      if (!ended) setTook(answer?.ok ? performance.now() - began : null);
    }
    void ask();
    const timer = setInterval(() => void ask(), askEveryMs);
    return () => {
      ended = true;
      clearInterval(timer);
    };
  }, []);
  return took;
}
