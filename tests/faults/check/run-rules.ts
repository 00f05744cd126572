import type { Rule } from "./checker.ts";

/** What makes a run worth believing, and what a cluster owes its clients after a fault. */

/** Generous on purpose: what is promised for each kind of fault stands in the figures, this is the outer bound. */
const stableWithinMs = 30_000;

const happened: Rule = ({ history }, report) => {
  for (const { number, kind, target, evidence } of history.faults)
    if (evidence.length === 0) report(`fault ${number}, ${kind} of ${target}, left no trace`);
};

const recovered: Rule = ({ history }, report) => {
  for (const { number, kind, target, endedAt, stableAt, evidence } of history.faults) {
    if (Number.isNaN(stableAt))
      report(`after fault ${number}, ${kind} of ${target}, it was never well again`);
    else if (stableAt - endedAt > stableWithinMs)
      report(
        `after fault ${number}, ${kind} of ${target}, it took ${Math.round((stableAt - endedAt) / 1_000)} s`,
      );
    if (evidence.some((line) => line.includes("nobody replaced it")))
      report(`fault ${number}: nothing took the place of ${target}`);
  }
  for (const device of history.offlineAtEnd) report(`device ${device} has no connection at the end`);
};

/** A handshake may be refused for a while, but nobody's valid token is called invalid. */
const admitted: Rule = ({ history }, report) => {
  for (const { device, code } of history.refusals)
    if (code !== "UNAVAILABLE" && code !== "INTERNAL") report(`device ${device} was refused with ${code}`);
};

export const runRules = {
  happened: { promise: "Every fault really happened.", check: happened },
  recovered: { promise: "The cluster is well again within 30 s of every fault.", check: recovered },
  admitted: { promise: "A valid token is refused only for a while.", check: admitted },
};
