import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rules } from "../check/checker.ts";
import { plants } from "./plants.ts";

const root = new URL("../../../", import.meta.url);

test.each(Object.entries(plants))("the planted bug %s still finds its place", (_name, plant) => {
  for (const { file, find, replace } of plant.edits) {
    const source = readFileSync(new URL(file, root), "utf8");
    expect(source.split(find), `${file}: ${find}`).toHaveLength(2);
    expect(replace).not.toBe(find);
  }
  expect(Object.keys(rules)).toContain(plant.breaks);
});
