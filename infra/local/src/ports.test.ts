import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  canListen,
  describePortHolder,
  freePort,
  openPortBook,
  portHolder,
  reservations,
  reserve,
} from "./ports.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary.ts";

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

async function listening(port: number): Promise<net.Server> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

describe("freePort", () => {
  it("never hands out the same port twice", async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, freePort));
    expect(new Set(ports).size).toBe(50);
  });

  it("reserves none that another living process has chosen, and one whose claimant is gone", async () => {
    // Not of the range, so that nobody else looks at it.
    const port = 1;
    const claim = path.join(reservations, String(port));
    expect(reserve(port)).toBe(true);
    expect(readFileSync(claim, "utf8")).toBe(String(process.pid));
    expect(reserve(port)).toBe(false);
    const gone = spawn("true");
    await once(gone, "exit");
    writeFileSync(claim, String(gone.pid));
    expect(reserve(port)).toBe(true);
    rmSync(claim);
  });
});

describe.runIf(process.platform === "linux")("portHolder", () => {
  it("names the process that listens", async () => {
    const port = await freePort();
    const server = await listening(port);
    expect(portHolder(port)).toMatchObject({ pid: process.pid, startedFrom: process.cwd() });
    expect(describePortHolder(port)).toContain(`(pid ${process.pid}, started from ${process.cwd()})`);
    server.close();
  });

  it("is null for a free port", async () => {
    expect(portHolder(await freePort())).toBeNull();
  });
});

describe("openPortBook", () => {
  it("gives the remembered port again, and another one when it is taken meanwhile", async () => {
    const file = path.join(folder.dir, "ports.json");
    const taken = await freePort();
    const server = await listening(taken);
    const { writeFile } = await import("node:fs/promises");
    const free = 30_000 + (process.pid % 2_000);
    expect(await canListen(free)).toBe(true);
    await writeFile(file, JSON.stringify({ gw1: free, gw2: taken }));
    const book = await openPortBook(file);
    expect(await book.assign("gw1")).toBe(free);
    expect(await book.assign("gw2")).not.toBe(taken);
    server.close();
  });
});
