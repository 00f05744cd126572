import { randomBytes } from "node:crypto";
import pg from "pg";
import { expect, inject, it, onTestFinished } from "vitest";
import { migrate, readMigrations } from "./migrate.ts";

const nameOf = ({ number, name }: { number: number; name: string }) =>
  `${String(number).padStart(4, "0")}-${name}`;

it("processes that start at once create and migrate one database, each step once", async () => {
  const url = new URL(inject("templateUrl"));
  const name = `migrate_${randomBytes(6).toString("hex")}`;
  url.pathname = `/${name}`;
  onTestFinished(async () => {
    const admin = new pg.Client({ connectionString: inject("templateUrl").replace(/[^/]+$/, "postgres") });
    await admin.connect();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  });
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(url.href)));
  expect(applied.flat()).toEqual((await readMigrations()).map(nameOf));
  expect(await migrate(url.href)).toEqual([]);
});

it("every migration has a number of its own", async () => {
  const numbers = (await readMigrations()).map(({ number }) => number);
  expect(numbers).toEqual([...new Set(numbers)]);
});
