import { expect, test } from "vitest";
import { UsageError } from "../setup/command-line.ts";
import { faultKinds, planFaults } from "./inject/catalogue.ts";
import { parseOptions } from "./options.ts";
import { createRandom } from "./random.ts";

test("without flags it is the run that the promises are measured with", () => {
  expect(parseOptions([])).toEqual({
    seconds: 600,
    seed: 1,
    rate: 100,
    clients: 200,
    comers: 4,
    gateways: 3,
    apis: 2,
    workers: 1,
    faults: Object.keys(faultKinds),
    report: null,
  });
});

test.each([
  ["--minutes", "soon"],
  ["--clients", "2"],
  ["--seed", "1.5"],
  ["--faults", "api-kill,comet"],
])("%s %s is refused", (flag, value) => {
  expect(() => parseOptions([flag, value])).toThrow(UsageError);
});

test("an unknown flag is refused", () => {
  expect(() => parseOptions(["--fault", "api-kill"])).toThrow(UsageError);
});

test("one seed gives one plan, in which every kind comes before any comes again", () => {
  const kinds = Object.keys(faultKinds);
  const take = (seed: number) => {
    const plan = planFaults(kinds, createRandom(seed));
    return Array.from({ length: 2 * kinds.length }, () => plan.next().value!);
  };
  expect(take(7)).toEqual(take(7));
  expect(take(7)).not.toEqual(take(8));
  const round = take(7)
    .slice(0, kinds.length)
    .map((fault) => fault.kind);
  expect(round.toSorted()).toEqual(kinds.toSorted());
});

test("without kinds there is no fault", () => {
  expect([...planFaults([], createRandom(1))]).toEqual([]);
});
