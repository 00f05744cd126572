import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";

/** Signals belong to a process, so each case is one of its own. What it writes is what it did. */
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function run(body: string) {
  const lifecycle = new URL("lifecycle.ts", import.meta.url).href;
  const script = `
    import { installLifecycle } from ${JSON.stringify(lifecycle)};
    const quiet = () => undefined;
    const log = { info: quiet, warn: quiet, error: quiet, fatal: quiet };
    const step = (name, work = quiet) => ({ name, run: () => { console.log(name); return work(); } });
    const hangs = () => new Promise(quiet);
    const start = (steps, deadlineMs = 60_000) =>
      installLifecycle({ log, steps, deadlineMs, onUnhandledRejection: () => console.log("counted") });
    setInterval(quiet, 1_000);
    ${body}
    console.log("running");`;
  const args = ["--input-type=module", "--eval", script];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const said: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    said.push(line);
    for (const look of waiting) look();
  });
  const says = (line: string) =>
    new Promise<void>((resolve) => {
      const look = () => said.includes(line) && resolve();
      waiting.add(look);
      look();
    });
  const exited = once(child, "close").then(([code]) => code as number | null);
  return { child, said, says, exited };
}

describe("a process that is told to stop", () => {
  it("runs every step in order, whatever the earlier ones did, and ends with 0", async () => {
    const { child, said, says, exited } = run(`start([
      step("first", () => { throw new Error("no"); }),
      step("second", () => Promise.reject(new Error("no"))),
      step("third", () => new Promise((done) => setTimeout(done, 50))),
      step("fourth"),
    ]);`);
    await says("running");
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
    expect(said).toEqual(["running", "first", "second", "third", "fourth"]);
  });

  it("leaves at once with a second signal, of either kind", async () => {
    const { child, said, says, exited } = run(`start([step("hangs", hangs), step("never")]);`);
    await says("running");
    child.kill("SIGTERM");
    await says("hangs");
    child.kill("SIGINT");
    expect(await exited).toBe(1);
    expect(said).toEqual(["running", "hangs"]);
  });

  it("leaves with 1 when its deadline passes", async () => {
    const { child, says, exited } = run(`start([step("hangs", hangs)], 200);`);
    await says("running");
    child.kill("SIGTERM");
    expect(await exited).toBe(1);
  });
});

describe("a process with a bug", () => {
  it("counts a rejection that nobody caught, and goes on", async () => {
    const { child, says, exited } = run(`start([step("only")]); Promise.reject(new Error("forgotten"));`);
    await says("running");
    await says("counted");
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
  });

  it("drains after an exception that nobody caught, and ends with 1", async () => {
    const { said, exited } = run(`start([step("only")]); setTimeout(() => { throw new Error("bug"); });`);
    expect(await exited).toBe(1);
    expect(said).toEqual(["running", "only"]);
  });
});
