import { readdirSync, readFileSync } from "node:fs";
import { closings } from "@parloir/contracts/closing.ts";
import { errorCodes } from "@parloir/contracts/errors.ts";
import { metricTable } from "@parloir/platform/metrics.ts";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import manifest from "../package.json" with { type: "json" };
import { cloneDatabase, type TestDatabase } from "./setup/database.ts";

/** What somebody types at three in the morning must be there: commands, services, statements, metrics, names. */
const docs = new URL("../docs/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, docs), "utf8");
const runbooks = readdirSync(new URL("runbooks/", docs)).map((file) => `runbooks/${file}`);
const pages = [
  ...runbooks,
  "operations.md",
  "scaling.md",
  "migrations.md",
  "../README.md",
  "../load-tests/README.md",
];
const compose = parse(read("../docker-compose.yml")) as { services: Record<string, object> };

/** In backticks or in a block of code. */
const codeOf = (text: string) => [
  ...[...text.matchAll(/```\w*\n([\s\S]*?)```/g)].map(([, block]) => block!),
  ...[...text.replace(/```[\s\S]*?```/g, "").matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!),
];
const found = (text: string, what: RegExp) =>
  codeOf(text).flatMap((code) => [...code.matchAll(what)].map(([, name]) => name!));

describe.each(pages)("docs/%s", (page) => {
  const text = read(page);

  it("names npm scripts, services and metrics that there are", () => {
    for (const name of found(text, /npm run ([a-z:]+)/g))
      expect(Object.keys(manifest.scripts)).toContain(name);
    // Those of the load tests are k6's.
    for (const name of page.includes("load-tests") ? [] : found(text, /\b(parloir_[a-z_]+)/g))
      expect(Object.keys(metricTable)).toContain(name.replace(/_(bucket|count|sum)$/, ""));
    for (const name of found(text, /docker compose (?:exec|stop|run|up)((?: [^#|&<>\n]+)?)/g).flatMap(
      servicesOf,
    ))
      expect(Object.keys(compose.services)).toContain(name);
  });
});

/** Of the words behind `docker compose exec`: options aside, services up to the command that runs in them. */
function servicesOf(words: string): string[] {
  const plain = words.split(" ").filter((word) => /^[a-z]\w*$/.test(word));
  const command = plain.findIndex((word) => /^(sh|cat|node|psql|pg_\w+)$/.test(word));
  return command === -1 ? plain : plain.slice(0, command);
}

describe("statements of the runbooks", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await cloneDatabase();
  });
  afterAll(() => database.drop());

  const statements = [...runbooks, "operations.md"].flatMap((page) =>
    found(read(page), /^(SELECT [\s\S]+)$/g).map((statement) => [page, statement] as const),
  );

  it("are some", () => expect(statements.length).toBeGreaterThan(4));

  it.each(statements)("%s: %s", async (_, statement) => {
    // What only a replica can say is known to be a statement by the way in which a primary refuses it.
    const onlyThere = "55000";
    const refused = await database.pool.query(statement).then(
      () => null,
      (error: pg.DatabaseError) => error.code,
    );
    expect([null, statement.includes("pg_is_wal_replay_paused") ? onlyThere : null]).toContain(refused);
  });
});

describe("codes in the runbooks", () => {
  it("are error codes, closings or variables", () => {
    const known = new Set([...Object.keys(errorCodes), ...Object.keys(closings)]);
    const variables = found(read("operations.md"), /^([A-Z][A-Z0-9_]+)$/g);
    for (const page of runbooks)
      for (const name of found(read(page), /^([A-Z][A-Z0-9_]{3,})$/g))
        expect([page, name, known.has(name) || variables.includes(name)]).toEqual([page, name, true]);
  });
});
