import { automaticCommands, commandSchemas } from "@parloir/contracts/commands.ts";
import { createMetrics } from "@parloir/platform/metrics.ts";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { acceptCommands } from "./commands.ts";

/** Whether a command counts as something the person did, whatever becomes of it. */
async function countsAsActivity(command: string): Promise<boolean> {
  const active: string[] = [];
  const unlimited = { take: () => 0 };
  const gateway = {
    log: pino({ level: "silent" }),
    metrics: createMetrics("gateway", "gw1"),
    presence: { active: (userId: string) => active.push(userId) },
    limits: new Proxy({}, { get: () => unlimited }),
  };
  let listener: (event: string, ...args: unknown[]) => void = () => undefined;
  const socket = {
    data: { user: { userId: "ben" } },
    rooms: new Set(),
    onAny: (given: typeof listener) => {
      listener = given;
    },
  };
  acceptCommands(gateway as never, socket as never);
  await new Promise((ack) => listener(command, {}, ack));
  return active.length > 0;
}

describe("a person's activity", () => {
  it.each(Object.keys(commandSchemas))("%s: only what clients do not send by themselves", async (command) => {
    expect(await countsAsActivity(command)).toBe(!automaticCommands.has(command as never));
  });
});
