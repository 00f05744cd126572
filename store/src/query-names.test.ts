import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

/**
 * A statement is prepared once per connection under its name: two texts under one name fail on whichever connection
 * has prepared the other, and only there.
 */
it("every statement of the store has a name of its own", () => {
  const folder = new URL(".", import.meta.url);
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .flatMap((file) => [
      ...readFileSync(new URL(file, folder), "utf8").matchAll(/\bname: "([a-z][a-z0-9-]*)"/g),
    ])
    .map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
