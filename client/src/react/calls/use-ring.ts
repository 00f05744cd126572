import { useEffect } from "react";
import { createSound } from "../alerts/sound.ts";

const everyMs = 2_500;

/** Rings while there is a call to answer: in one tab of the browser, and not while sound is muted. */
export function useRing(callId: string | null): void {
  useEffect(() => {
    if (callId === null) return;
    const sound = createSound();
    let times = 0;
    const ring = () => sound.play(`${callId} ${times++}`);
    ring();
    const timer = setInterval(ring, everyMs);
    return () => {
      clearInterval(timer);
      sound.close();
    };
  }, [callId]);
}
