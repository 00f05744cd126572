import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rules } from "../check/checker.ts";
import { type Edit, lossyPublishing, plants } from "./plants.ts";

const root = new URL("../../../", import.meta.url);

test.each(Object.entries(plants))("the planted bug %s still finds its place", (_name, plant) => {
  plant.edits.forEach(findsItsPlace);
  expect(Object.keys(rules)).toContain(plant.breaks);
});

test("the loss of publishes still finds its places", () => lossyPublishing.forEach(findsItsPlace));

function findsItsPlace({ file, find, replace }: Edit): void {
  const source = readFileSync(new URL(file, root), "utf8");
  expect(source.split(find), `${file}: ${find}`).toHaveLength(2);
  expect(replace).not.toBe(find);
}
