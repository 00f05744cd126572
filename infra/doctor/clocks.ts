import { type Finding, ok, problem } from "./finding.ts";

/** Tokens are refused 30 s beyond their time; before that, figures that compare two clocks are wrong. */
const tolerableMs = 2_000;

/** `at`: what the other clock said just now. */
export function checkClock(what: string, at: number, now = Date.now()): Finding {
  const skewMs = Math.round(at - now);
  const found = `${Math.abs(skewMs)} ms ${skewMs < 0 ? "behind" : "ahead of"} this machine`;
  return Math.abs(skewMs) <= tolerableMs
    ? ok(what, found)
    : problem(what, found, "run a time service (chrony, systemd-timesyncd) on both machines");
}

/** Only whole seconds travel in a Date header. */
export async function checkBalancerClock(url: string): Promise<Finding[]> {
  const date = (await fetch(new URL("/livez", url))).headers.get("date");
  return date === null ? [] : [checkClock("clock of the cluster", Date.parse(date) + 500)];
}
