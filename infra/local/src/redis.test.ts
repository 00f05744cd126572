import net from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redisInfo, redisVersion } from "./probes.ts";
import { startRedis } from "./redis.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary.ts";

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

/** Sends one command, answers with the first line of the reply. */
function ask(url: string, line: string): Promise<string> {
  const { port, password } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), "127.0.0.1", () =>
      socket.write(`AUTH ${password}\r\n${line}\r\n`),
    );
    let got = "";
    socket.on("data", (chunk) => {
      got += chunk.toString();
      const lines = got.split("\r\n");
      if (lines.length < 3) return;
      socket.destroy();
      resolve(lines.slice(1).join(" ").trim());
    });
    socket.once("error", reject);
  });
}

describe("startRedis", () => {
  it("keeps what a queue accepted through SIGKILL", { timeout: 60_000 }, async () => {
    const dir = path.join(folder.dir, "queue");
    const first = await startRedis({ dir, appendonly: true });
    expect(await ask(first.url, "CONFIG GET maxmemory-policy")).toContain("noeviction");
    expect(await ask(first.url, "SET job 42")).toBe("+OK");
    process.kill(first.pid, "SIGKILL");
    await first.exited;
    const second = await startRedis({ dir, appendonly: true });
    expect(await ask(second.url, "GET job")).toContain("42");
    await second.stop();
    expect(await redisInfo(second.url)).toBeNull();
  });

  it("serves nobody without the password", { timeout: 60_000 }, async () => {
    const redis = await startRedis({ dir: path.join(folder.dir, "rooms") });
    expect(await redisVersion(redis.url)).toMatch(/^[7-9]\./);
    expect(await redisInfo(redis.url.replace(/:[^:@]*@/, ":wrong@"))).toBeNull();
    expect(await redisInfo(redis.url.replace(/:[^:@]*@/, ""))).toBeNull();
    await redis.stop();
  });
});
