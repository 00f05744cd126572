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

/** No fault here restores an older state: the epoch that the first socket was told is the one that there is at the end. */
const sameHistory: Rule = ({ history, snapshot }, report) => {
  const told = new Set(history.sockets.map(({ epoch }) => epoch).filter((epoch) => epoch !== ""));
  for (const epoch of told)
    if (epoch !== snapshot.epoch) report(`devices were told the epoch ${epoch}, now it is ${snapshot.epoch}`);
};

export const runRules = {
  happened: { promise: "Every fault really happened.", check: happened },
  recovered: { promise: "The cluster is well again within 30 s of every fault.", check: recovered },
  "same history": {
    promise: "No kill and no outage is taken for a restored database: nobody reloads for it.",
    check: sameHistory,
  },
  admitted: { promise: "A valid token is refused only for a while.", check: admitted },
};
