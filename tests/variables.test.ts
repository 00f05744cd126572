import { readFileSync } from "node:fs";
import {
  readApiConfig,
  readGatewayConfig,
  readMigrateConfig,
  readWorkerConfig,
} from "@parloir/platform/env.ts";
import { EnvironmentError, type Source } from "@parloir/platform/environment-reader.ts";
import { describe, expect, it } from "vitest";

/** The defaults in the table of docs/operations.md: setting a variable to its default changes nothing. */

const readers: Record<string, (source: Source) => unknown> = {
  gateway: readGatewayConfig,
  api: readApiConfig,
  worker: readWorkerConfig,
  migrate: readMigrateConfig,
};

/** Without these some variables are not asked for at all. */
const switchedOn: Source = {
  OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
  OTEL_TRACES_SAMPLER: "traceidratio",
  QUEUE_REDIS_SENTINELS: "one:26379",
  S3_BUCKET: "files",
  TURN_URLS: "turn:turn.example.org:3478",
  TURN_SECRET: "turn-secret",
  SMTP_URL: "smtp://mail.example.org",
  MAIL_FROM: "a@example.org",
};
const secret = "x".repeat(32);
const production: Source = {
  ...switchedOn,
  NODE_ENV: "production",
  JWT_SECRET: secret,
  INTERNAL_SECRET: secret,
  SERVER_KEY: secret,
  TURN_SECRET: secret,
  DATABASE_URL: "postgresql://db/parloir",
  REDIS_URL: "redis://rooms:6379",
  QUEUE_REDIS_URL: "redis://queue:6379",
  API_URLS: "http://api1:4100",
};

/** Said in words, because they depend on the machine, on another variable, or are secrets. */
const inWords = new Set([
  "host name",
  "as `HOST`",
  "as `REDIS_URL` (required with `REDIS_CLUSTER`)",
  "development default",
  "`parloir-gateway`, `parloir-api`, `parloir-worker`",
  "`PUBLIC_URL` if it is https, else `mailto:parloir@localhost`",
  "`PUBLIC_URL` and `/messages?conversation={id}`",
  "–",
  "",
]);
/** `MAIL_FROM` is required with what would make it count, and each of the samplers must be tried by itself. */
const alone: Record<string, Source> = {
  MAIL_FROM: { SMTP_URL: undefined, MAIL_FROM: undefined },
  OTEL_TRACES_SAMPLER: { OTEL_TRACES_SAMPLER: undefined },
};

/** Where any text but one is as good as none. */
const others: Record<string, string> = { OTEL_SDK_DISABLED: "true" };

interface Row {
  name: string;
  processes: string[];
  cell: string;
}
const rows = readFileSync(new URL("../docs/operations.md", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => /^\| `[A-Z][A-Z0-9_]+` \|/.test(line))
  .map((line): Row => {
    const [name, processes, cell] = line.split(" | ").map((each) => each.trim());
    return {
      name: name!.replace(/[|` ]/g, ""),
      processes: processes === "all" ? ["gateway", "api", "worker"] : processes!.split(", "),
      cell: cell!,
    };
  });

const plain = (text: string) => text.replaceAll("`", "");
/** What a cell says, for development and for production; one value, or one for each process. */
function defaultsOf({ cell, processes }: Row) {
  const [, development, , live] = /^(.*?)( \(production ([^,)`]+|`[^`]+`)[^)]*\))?$/.exec(cell)!;
  const withoutNone = /^(`[^`]+`); none in production$/.exec(development!)?.[1];
  const values = /^\d+, \d+$/.test(development!) ? development!.split(", ") : null;
  return processes.map((process, index) => {
    const value = plain(values?.[index] ?? withoutNone ?? development!);
    const inProduction = withoutNone === undefined ? plain(live ?? value) : undefined;
    return { process, development: value, production: inProduction };
  });
}

const cases = rows
  .filter(({ cell }) => !inWords.has(cell))
  .flatMap((row) => defaultsOf(row).map((each) => ({ name: row.name, ...each })));

function outcome(read: (source: Source) => unknown, source: Source): unknown {
  try {
    return read(source);
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
}

describe("defaults in docs/operations.md", () => {
  it("are of all variables but those that are described in words", () => {
    expect(cases.length).toBeGreaterThan(80);
    for (const { cell } of rows) if (!inWords.has(cell)) expect(cell).toMatch(/\d|`/);
  });

  it.each(cases)("$name of $process", ({ name, process, development, production: live }) => {
    const read = readers[process]!;
    const before = { ...switchedOn, ...alone[name] };
    expect(outcome(read, { ...before, [name]: development })).toEqual(outcome(read, before));
    const isRequired = /_URLS?$|^SERVER_KEY$/.test(name);
    if (live !== undefined && !isRequired) {
      const bare = { ...production, ...alone[name] };
      expect(outcome(read, { ...bare, [name]: live })).toEqual(outcome(read, bare));
    }
    // And another value does: the variable counts.
    const other = /^\d+$/.test(development)
      ? String(Number(development) + 1)
      : (others[name] ?? "another-value");
    expect(outcome(read, { ...before, [name]: other })).not.toEqual(outcome(read, before));
  });
});
