import { useEffect, useState } from "react";
import { useTexts } from "../language.tsx";

/** Since when, or how long, as «1:07»; empty before it began. */
export function useDuration(from: number | null, to: number | null): string {
  const { formats } = useTexts();
  const [now, setNow] = useState(Date.now);
  const isRunning = from !== null && to === null;
  useEffect(() => {
    if (!isRunning) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [isRunning]);
  return from === null ? "" : formats.duration(Math.max(0, (to ?? now) - from));
}
