import type { History } from "../history.ts";
import { changingRules } from "./changing-rules.ts";
import { deliveryRules } from "./delivery-rules.ts";
import { type Index, indexOf } from "./evidence.ts";
import { lineRules } from "./line-rules.ts";
import { privacyRules } from "./privacy-rules.ts";
import { readingRules } from "./reading-rules.ts";
import { runRules } from "./run-rules.ts";
import { sendingRules } from "./sending-rules.ts";
import type { Snapshot } from "./snapshot.ts";
import { storingRules } from "./storing-rules.ts";
import { tellingRules } from "./telling-rules.ts";

/**
 * Holds what the clients did and saw against the database: a pure function, so that every rule can be shown a history
 * that breaks it. Each rule is one promise to the people who use this.
 */
export type Rule = (evidence: Index, report: (example: string) => void) => void;

export interface Verdict {
  rule: string;
  promise: string;
  violations: number;
  /** The first few. */
  examples: string[];
}

const families = [
  storingRules,
  sendingRules,
  changingRules,
  lineRules,
  deliveryRules,
  privacyRules,
  readingRules,
  tellingRules,
  runRules,
];

export const rules: Record<string, { promise: string; check: Rule }> = Object.assign({}, ...families);

// One that takes another's name would silently take its place.
if (Object.keys(rules).length < families.reduce((sum, family) => sum + Object.keys(family).length, 0))
  throw new Error("two rules of the checker have the same name");

/** What is printed is fewer: see report. */
const examplesKept = 200;

export function check(history: History, snapshot: Snapshot): Verdict[] {
  const evidence = indexOf(history, snapshot);
  return Object.entries(rules).map(([rule, { promise, check }]) => {
    const verdict: Verdict = { rule, promise, violations: 0, examples: [] };
    check(evidence, (example) => {
      verdict.violations += 1;
      if (verdict.examples.length < examplesKept) verdict.examples.push(example);
    });
    return verdict;
  });
}

export function broken(verdicts: Verdict[]): Verdict[] {
  return verdicts.filter((verdict) => verdict.violations > 0);
}
