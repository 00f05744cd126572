import { describe, expect, it } from "vitest";
import { readLogLine } from "./log-lines.ts";

describe("readLogLine", () => {
  it("renders a pino line in brief", () => {
    const line = JSON.stringify({
      level: 40,
      time: 0,
      pid: 1,
      name: "gw1",
      msg: "slow reader cut",
      userId: "u1",
    });
    const { level, text } = readLogLine(line, "gateway", "stdout");
    expect(level).toBe("warn");
    expect(text).toMatch(/^\d\d:\d\d:\d\d slow reader cut userId=u1$/);
  });

  it("shows the cause of an error", () => {
    const line = JSON.stringify({
      level: "error",
      msg: "failed",
      err: { type: "TypeError", message: "x is null" },
    });
    expect(readLogLine(line, "api", "stdout")).toEqual({
      level: "error",
      text: "failed TypeError: x is null",
    });
  });

  it.each([
    ["postgres", "stderr", "2026-01-01 UTC [1] ERROR:  duplicate key value", "info"],
    ["postgres", "stderr", "2026-01-01 UTC [1] PANIC:  could not write", "error"],
    ["balancer", "stderr", "[WARNING]  (1) : Server gateways/gw1 is DOWN, reason: x", "warn"],
    ["balancer", "stderr", "[WARNING]  (1) : Server gateways/gw1 is UP, reason: x", "info"],
    ["redis", "stdout", "1:M 01 Jan 2026 # WARNING Memory overcommit must be enabled!", "info"],
    ["gateway", "stderr", "node:internal/process/promises:394", "warn"],
    ["gateway", "stdout", "{not json", "info"],
  ] as const)("judges a line of %s on %s: %s", (role, stream, line, level) => {
    expect(readLogLine(line, role, stream)).toEqual({ level, text: line });
  });
});
