import { useEffect, useState } from "react";

const askEveryMs = 5_000;
const patienceMs = 4_000;

/** This browser's round trip through the balancer, milliseconds; null when it failed, undefined before the first. */
export function useBalancer(): number | null | undefined {
  const [took, setTook] = useState<number | null>();
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
