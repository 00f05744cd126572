import { clearTimeout, setTimeout } from "k6/timers";
import type { Clock } from "../framing/session.ts";

export const clock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
