import { useEffect, useState } from "react";

/**
 * A time that moves while somebody can see the page: milliseconds since 1970. What a page reads anew with it costs
 * nothing in a tab that lies behind others, and is up to date at once when it comes to the front.
 */
export function useTick(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const tick = () => document.visibilityState === "visible" && setNow(Date.now());
    const onShown = () =>
      setNow((last) =>
        document.visibilityState === "visible" && Date.now() - last >= everyMs ? Date.now() : last,
      );
    const timer = setInterval(tick, everyMs);
    document.addEventListener("visibilitychange", onShown);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", onShown);
    };
  }, [everyMs]);
  return now;
}
