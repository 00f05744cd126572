import { execFile } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseOptions, UsageError } from "./options.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

/** A program of that name, the only one on PATH, that notes how it was called. */
function program(name: string, answers: Record<string, string>, code = 0): void {
  const file = path.join(folder.dir, name);
  const cases = Object.entries(answers).map(
    ([argument, text]) => `if (process.argv[2] === "${argument}") {
  process.stdout.write(${JSON.stringify(text)}); process.exit(0); }`,
  );
  const script = `#!${process.execPath}
const fs = require("node:fs");
${cases.join("\n")}
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(LOAD|K6)_/.test(name)));
fs.writeFileSync(${JSON.stringify(`${file}.json`)}, JSON.stringify({ args: process.argv.slice(2), environment }));
process.exit(${code});
`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
}

const called = (name: string) =>
  JSON.parse(readFileSync(path.join(folder.dir, `${name}.json`), "utf8")) as {
    args: string[];
    environment: Record<string, string>;
  };

function load(args: string[], more: Record<string, string> = {}): Promise<{ code: number; output: string }> {
  const env = { PATH: folder.dir, LOAD_SERVER_KEY: "a-key", ...more };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, output: stdout + stderr });
    });
  });
}

describe("npm run load", () => {
  it("runs k6 from PATH, tells it everything by the environment, and never the key by an argument", async () => {
    program("k6", { version: "k6 v2.1.0 (go1.26.1, linux/amd64)\n" });
    const results = path.join(folder.dir, "results");
    const options = ["--rate", "200", "--duration", "5m", "--results", results];
    const { code, output } = await load(["steady", ...options, "--", "--quiet"]);
    expect(code).toBe(0);
    const { args, environment } = called("k6");
    expect(args).toEqual([
      ...["run", "--new-machine-readable-summary=false"],
      ...["--tag", expect.stringMatching(/^run=load-\d+$/), "--tag", "instance=0", "--quiet"],
      expect.stringMatching(/load-tests\/scenarios\/steady\.ts$/),
    ]);
    expect(environment).toMatchObject({
      LOAD_RATE: "200",
      LOAD_DURATION: "5m",
      LOAD_REPORT_DIR: results,
      LOAD_SERVER_KEY: "a-key",
      LOAD_RUN: expect.stringMatching(/^load-\d+$/),
    });
    expect(existsSync(results)).toBe(true);
    expect(output).toContain(path.join(results, "report.html"));
  });

  it.each([
    [99, "a threshold was not held"],
    [107, "could not begin"],
    [108, "was ended"],
  ])("ends as k6 does with %d, and says what that means", async (code, meaning) => {
    program("k6", { version: "k6 v2.0.0\n" }, code);
    const outcome = await load(["smoke", "--results", folder.dir]);
    expect(outcome.code).toBe(code);
    expect(outcome.output).toContain(meaning);
  });

  it("leaves the run's name to the environment, on which machines agree", async () => {
    program("k6", { version: "k6 v2.0.0\n" });
    await load(["smoke", "--results", folder.dir], {
      ...{ LOAD_RUN: "friday", LOAD_INSTANCES: "2", LOAD_INSTANCE: "1" },
    });
    expect(called("k6").environment).toMatchObject({ LOAD_RUN: "friday", LOAD_INSTANCES: "2" });
    expect(called("k6").args).toContain("run=friday");
    expect(called("k6").args).toContain("instance=1");
    await load(["smoke", "--results", folder.dir, "--run", "monday"], { LOAD_RUN: "friday" });
    expect(called("k6").environment).toMatchObject({ LOAD_RUN: "monday" });
  });

  it("hands the environment of k6 and of the scripts into its container", async () => {
    program("docker", { version: "ok" });
    const outside = { LOAD_URL: "http://host:8080", K6_PROMETHEUS_RW_SERVER_URL: "http://metrics" };
    expect((await load(["rest", "--results", folder.dir], outside)).code).toBe(0);
    const { args, environment } = called("docker");
    const names = args.filter((_, at) => args[at - 1] === "--env").toSorted();
    expect(names).toEqual([
      ...["K6_PROMETHEUS_RW_SERVER_URL", "LOAD_REPORT_DIR", "LOAD_RUN", "LOAD_SERVER_KEY", "LOAD_URL"],
    ]);
    expect(environment).toMatchObject({ ...outside, LOAD_REPORT_DIR: "/results" });
  });

  it.each([
    ["there is no k6", null],
    ["k6 is too old", "k6 v1.7.0 (go1.25.1, linux/amd64)\n"],
  ])("takes the image when %s", async (_, version) => {
    if (version !== null) program("k6", { version });
    program("docker", { version: "ok" });
    const { code } = await load(["rest", "--url", "http://host:8080", "--results", folder.dir]);
    expect(code).toBe(0);
    const { args, environment } = called("docker");
    expect(args.slice(0, 4)).toEqual(["run", "--rm", "--network", "host"]);
    expect(args).toContain(`${folder.dir}:/results`);
    expect(args.at(-1)).toBe("/parloir/load-tests/scenarios/rest.ts");
    expect(args.join(" ")).toContain("--env LOAD_URL");
    expect(args.join(" ")).toContain("--env LOAD_SERVER_KEY");
    expect(args.join(" ")).not.toContain("a-key");
    expect(environment).toMatchObject({ LOAD_URL: "http://host:8080", LOAD_REPORT_DIR: "/results" });
  });

  it("says how to get k6 when there is neither", async () => {
    const { code, output } = await load(["smoke"]);
    expect(code).toBe(1);
    expect(output).toContain("brew install k6");
  });

  it("shows its usage when asked, or when the scenario is none", async () => {
    expect((await load(["--help"])).code).toBe(0);
    const { code, output } = await load(["nonsense"]);
    expect(code).toBe(2);
    expect(output).toContain("name one scenario: smoke, steady");
  });
});

it.each([[[]], [["steady", "rest"]], [["steady", "--rat", "1"]], [["steady", "--instances", "2"]]])(
  "refuses %j",
  (argv) => {
    expect(() => parseOptions(argv, new Date(), {})).toThrow(UsageError);
  },
);
