import { useEffect, useState } from "react";

const askEveryMs = 5_000;
const patienceMs = 4_000;

export interface BalancerAnswer {
  /** This browser's round trip, milliseconds. */
  ms: number;
  /** False: it answered by itself, because it reaches no api. */
  hasApi: boolean;
}

/** Null when the balancer did not answer, undefined before it was asked. */
export function useBalancer(): BalancerAnswer | null | undefined {
  const [answered, setAnswered] = useState<BalancerAnswer | null>();
  useEffect(() => {
    let ended = false;
    async function ask() {
      const began = performance.now();
      const answer = await fetch("/livez", { signal: AbortSignal.timeout(patienceMs) }).catch(() => null);
      if (!ended) setAnswered(answer && { ms: performance.now() - began, hasApi: answer.ok });
    }
    void ask();
    const timer = setInterval(() => void ask(), askEveryMs);
    return () => {
      ended = true;
      clearInterval(timer);
    };
  }, []);
  return answered;
}
