import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const importing = (module: string) => `import * as it from "${module}";\nexport const kept = it;\n`;
const readsEnvironment = "export const port = process.env.PORT;\n";

const forbidden: [string, string, string][] = [
  ["pg outside store", "api", "pg"],
  ["pg in the gateway", "gateway", "pg"],
  ["pg in platform", "platform", "pg"],
  ["pg in the worker", "worker", "pg"],
  ["ioredis outside platform", "gateway", "ioredis"],
  ["ioredis in store", "store", "ioredis"],
  ["ioredis in the worker", "worker", "ioredis"],
  ["store in the gateway", "gateway", "@parloir/store/messages.ts"],
  ["the api in the gateway", "gateway", "@parloir/api/api.ts"],
  ["the gateway in the api", "api", "@parloir/gateway/gateway.ts"],
  ["sockets in the worker", "worker", "socket.io"],
  ["a process in store", "store", "@parloir/api/api.ts"],
  ["store in platform", "platform", "@parloir/store/messages.ts"],
  ["Node in contracts", "contracts", "node:crypto"],
  ["anything of ours in contracts", "contracts", "@parloir/platform/log.ts"],
  ["Node in the client", "client", "node:fs"],
  ["a server in the client", "client", "@parloir/platform/log.ts"],
  ["a server in the pages", "web", "@parloir/store/messages.ts"],
];
const everywhere = ["gateway", "api", "store", "worker", "platform", "client", "contracts"];
const allowed: [string, string, string][] = [
  ["store", "pg.ts", importing("pg")],
  ["platform", "ioredis.ts", importing("ioredis")],
  ["platform", "env.ts", readsEnvironment],
  ["api", "store.ts", importing("@parloir/store/messages.ts")],
  ["gateway", "platform.ts", importing("@parloir/platform/log.ts")],
  ["client", "contracts.ts", importing("@parloir/contracts/ids.ts")],
];

/** A fixture's file; the name tells what it imports. */
const fileOf = (folder: string, module: string) => `${folder}/src/imports-${module.replace(/\W+/g, "-")}.ts`;

/** The rules that each fixture breaks, from one run of the linter with the repository's own rules. */
let broken: Map<string, string[]>;
beforeAll(async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "parloir-boundaries-"));
  const rules = JSON.parse(await readFile(path.join(root, "biome.json"), "utf8")) as { vcs: object };
  rules.vcs = { enabled: false };
  const files: [string, string][] = [
    ["biome.json", JSON.stringify(rules)],
    ...forbidden.map(([, where, module]): [string, string] => [fileOf(where, module), importing(module)]),
    ["client/src/core/imports-react.ts", importing("react")],
    ...everywhere.map((where): [string, string] => [`${where}/src/reads-environment.ts`, readsEnvironment]),
    ...allowed.map(([where, name, text]): [string, string] => [`${where}/src/${name}`, text]),
  ];
  for (const [file, text] of files) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  broken = await lint(folder);
  await rm(folder, { recursive: true });
});

function lint(folder: string): Promise<Map<string, string[]>> {
  const biome = path.join(root, "node_modules/.bin/biome");
  const args = ["lint", "--reporter=json", "--max-diagnostics=none", "."];
  return new Promise((resolve, reject) => {
    execFile(biome, args, { cwd: folder }, (_, stdout, stderr) => {
      const found = new Map<string, string[]>();
      try {
        const report = JSON.parse(stdout) as {
          diagnostics: { category: string; location: { path: string } }[];
        };
        for (const { category, location } of report.diagnostics) {
          found.set(location.path, [...(found.get(location.path) ?? []), category.split("/").at(-1)!]);
        }
        resolve(found);
      } catch (error) {
        reject(new Error(`the linter said: ${stdout} ${stderr}`, { cause: error }));
      }
    });
  });
}

describe("the linter", () => {
  it.each(forbidden)("refuses %s", (_, where, module) => {
    expect(broken.get(fileOf(where, module))).toContain("noRestrictedImports");
  });

  it("refuses React in the client's core", () => {
    expect(broken.get("client/src/core/imports-react.ts")).toContain("noRestrictedImports");
  });

  it.each(everywhere)("refuses process.env in %s", (where) => {
    expect(broken.get(`${where}/src/reads-environment.ts`)).toContain("noProcessEnv");
  });

  it.each(allowed)("lets %s do in %s what is its own", (where, name) => {
    expect(broken.get(`${where}/src/${name}`)).toBeUndefined();
  });
});
