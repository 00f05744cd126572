import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { cpuSecondsOf, parseStat, residentMegabytes } from "./proc.ts";

test("a program's name with spaces and parentheses does not shift the fields", () => {
  const text = "42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 100 50 25 25 20 0 1 0 9 9 9";
  expect(parseStat(text)).toEqual({ parent: 7, cpuSeconds: 2 });
});

test("the CPU of a descendant that has ended still counts", async () => {
  const burn = "while (process.cpuUsage().user < 250_000);";
  const script = `require("child_process").execFileSync(process.execPath, ["-e", ${JSON.stringify(burn)}]);
    console.log("burnt"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(child.stdout, "data");
    // Read as text, so the figure is cut to whole ticks of 10 ms.
    expect(cpuSecondsOf([child.pid!])[0]).toBeGreaterThan(0.2);
    expect(residentMegabytes(child.pid!)).toBeGreaterThan(10);
  } finally {
    child.kill("SIGKILL");
  }
});
