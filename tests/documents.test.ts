import { readdirSync, readFileSync } from "node:fs";
import { auditActions } from "@parloir/contracts/audit.ts";
import { placeholders } from "@parloir/contracts/canned-replies.ts";
import { closings } from "@parloir/contracts/closing.ts";
import { errorCodes } from "@parloir/contracts/errors.ts";
import { scopes } from "@parloir/contracts/keys.ts";
import {
  readApiConfig,
  readGatewayConfig,
  readMigrateConfig,
  readWorkerConfig,
} from "@parloir/platform/env.ts";
import { metricTable } from "@parloir/platform/metrics.ts";
import { describe, expect, it } from "vitest";

/** Rows of a document's tables whose first column is `` `name` ``, as their cells. */
function rowsOf(document: string): string[][] {
  const text = readFileSync(new URL(`../docs/${document}`, import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => /^\|\s*`/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const named = (name: string) => `\`${name}\``;

describe("docs/errors.md", () => {
  it("is the table of error codes: every code once, with its status, and no other", () => {
    const codes = rowsOf("errors.md").filter(([name]) => /^`[A-Z_]+`$/.test(name!));
    const documented = codes.map(([name, status, retryable]) => [name, Number(status), retryable]);
    const real = Object.entries(errorCodes).map(([code, { status, retryable }]) => [
      named(code),
      status,
      retryable ? "yes" : "no",
    ]);
    expect(documented.toSorted()).toEqual(real.toSorted());
  });
});

describe("docs/errors.md, closings", () => {
  it("is the table of reasons to close: every reason once, with what to do, and no other", () => {
    const reasons = rowsOf("errors.md").filter(([name]) => /^`[a-z_]+`$/.test(name!));
    const real = Object.entries(closings).map(([name, { comeBack, meaning }]) => [
      named(name),
      comeBack,
      meaning,
    ]);
    expect(reasons.toSorted()).toEqual(real.toSorted());
  });
});

describe("docs/protocol.md, canned replies", () => {
  it("is the table of placeholders: every one once, with what it stands for, and no other", () => {
    const documented = rowsOf("protocol.md").filter(([name]) => name!.startsWith("`{"));
    const real = Object.entries(placeholders).map(([name, meaning]) => [named(`{${name}}`), meaning]);
    expect(documented.toSorted()).toEqual(real.toSorted());
  });
});

describe("docs/metrics.md", () => {
  it("is the table of metrics: every name once, with kind, processes and labels, and no other", () => {
    const documented = rowsOf("metrics.md").map(([name, kind, of, labels]) => [name, kind, of, labels]);
    const real = Object.entries(metricTable).map(([name, { kind, of, labels }]) => [
      named(name),
      kind,
      of.join(", "),
      labels.map(named).join(", ") || "–",
    ]);
    expect(documented.toSorted()).toEqual(real.toSorted());
  });
});

describe("docs/security.md", () => {
  it("is the table of scopes and of what is audited: each once, with its meaning, and no other", () => {
    const documented = rowsOf("security.md").filter(([name]) => /^`[a-z]+[:.][a-z]+`$/.test(name!));
    const real = Object.entries({ ...scopes, ...auditActions }).map(([name, meaning]) => [
      named(name),
      meaning,
    ]);
    expect(documented.toSorted()).toEqual(real.toSorted());
  });
});

describe("docs/operations.md", () => {
  it("names every variable that a process reads, for that process, and no other", () => {
    const read = {
      gateway: namesRead(readGatewayConfig),
      api: namesRead(readApiConfig),
      worker: namesRead(readWorkerConfig),
      migrate: namesRead(readMigrateConfig),
    };
    const documented = rowsOf("operations.md").filter(([name]) => /^`[A-Z][A-Z0-9_]+`$/.test(name!));
    const all = new Set(Object.values(read).flatMap((names) => [...names]));
    expect(documented.map(([name]) => name).toSorted()).toEqual([...all].map(named).toSorted());
    for (const [name, processes] of documented) {
      const readers = Object.entries(read).filter(
        ([process, names]) => names.has(name!.slice(1, -1)) && (processes !== "all" || process !== "migrate"),
      );
      const users = processes === "all" ? "gateway, api, worker" : processes!;
      // All limits are read together, also by a process that needs only some of them.
      if (name!.startsWith("`LIMIT_")) expect("gateway, api").toContain(users);
      else expect([name, users]).toEqual([name, readers.map(([process]) => process).join(", ")]);
    }
  });
});

describe("docs/abuse.md", () => {
  const text = readFileSync(new URL("../docs/abuse.md", import.meta.url), "utf8");
  const rows = text
    .split("\n")
    .filter((line) => /^\| (?!sent \|)/.test(line))
    .map((line) => line.split(" | "));
  const tests = rows.map(([sent, , held = ""]) => ({
    sent,
    named: [...held.matchAll(/\]\(\.\.\/(tests\/\S+\.test\.ts)\) «(.+?)»/g)].map(([, file, title]) => ({
      file: file!,
      title: title!,
    })),
  }));
  const sourceOf = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");

  it("names a test for every row, and every one is there, and comes in through the balancer", () => {
    expect(rows.length).toBeGreaterThan(90);
    for (const { sent, named } of tests) {
      expect([sent, named.length]).not.toEqual([sent, 0]);
      for (const { file, title } of named) {
        const source = sourceOf(file);
        const isThere = [`"${title}"`, `\`${title}\``].some((literal) => source.includes(literal));
        expect([file, title, isThere]).toEqual([file, title, true]);
        // The browser's stage is the whole cluster, as `npm start` brings it up.
        expect([file, /balancer: true|startStage\(/.test(source)]).toEqual([file, true]);
      }
    }
  });

  it("leaves no test of hostile input out", () => {
    const files = readdirSync(new URL("abuse", import.meta.url)).filter((file) => file.endsWith(".test.ts"));
    const named = new Set(tests.flatMap((row) => row.named.map(({ file }) => file)));
    expect(files.filter((file) => !named.has(`tests/abuse/${file}`))).toEqual([]);
  });
});

function namesRead(read: (source: Record<string, string | undefined>) => unknown): Set<string> {
  const names = new Set<string>();
  const watch = (values: Record<string, string>) =>
    new Proxy<Record<string, string | undefined>>(values, {
      get(target, name) {
        // Of every variable, and documented once for all.
        if (!String(name).endsWith("_FILE")) names.add(String(name));
        return target[String(name)];
      },
    });
  read(watch({}));
  // Some are only asked for when others are given.
  read(watch({ JWKS_URL: "https://issuer.example/keys" }));
  return names;
}
