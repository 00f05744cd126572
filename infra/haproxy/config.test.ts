import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { freePort } from "../local/src/ports.ts";
import { locateProgram } from "../local/src/programs.ts";
import { run } from "../local/src/run.ts";
import { type HaproxyConfig, renderHaproxyConfig } from "./config.ts";

const config: HaproxyConfig = {
  mode: "local",
  bind: ["127.0.0.1:18080", "[::1]:18080"],
  gateways: [
    { name: "gw1", host: "127.0.0.1", port: 21_001 },
    { name: "gw10", host: "127.0.0.1", port: 21_010 },
  ],
  apis: [{ name: "api1", host: "localhost", port: 21_101 }],
  maxconn: 1_000,
  adminSocket: "/tmp/haproxy.sock",
};

describe("renderHaproxyConfig", () => {
  it("routes a session by the name before the dot, so gw1 never gets a session of gw10", () => {
    const text = renderHaproxyConfig(config);
    expect(text).toContain("use-server gw1 if { urlp(sid) -m beg gw1. }");
    expect(text).toContain("use-server gw10 if { urlp(sid) -m beg gw10. }");
  });

  it("shares no port with a stranger locally, and follows moving names in production", () => {
    expect(renderHaproxyConfig(config)).toContain("noreuseport");
    const production = renderHaproxyConfig({ ...config, mode: "production" });
    expect(production).not.toContain("noreuseport");
    expect(production).toContain("resolvers system");
  });

  it("keeps what proxies in front say of where a request comes from, and believes nobody else", () => {
    const text = renderHaproxyConfig({ ...config, proxies: ["10.0.0.0/8"] });
    expect(text).toContain("acl from_proxy src 10.0.0.0/8");
    expect(renderHaproxyConfig(config)).toContain("set-header X-Forwarded-For %[src]\n");
    expect(() => renderHaproxyConfig({ ...config, proxies: ["10.0.0.0/8 if"] })).toThrow("Not usable");
  });

  it.each(["gw1\n  http-request deny", "gw 1", "gw1'", ""])("refuses the name %j", (name) => {
    const gateways = [{ name, host: "127.0.0.1", port: 1 }];
    expect(() => renderHaproxyConfig({ ...config, gateways })).toThrow("Not usable");
  });

  it.each<[HaproxyConfig["mode"], string[]]>([
    ["local", []],
    ["production", []],
    ["production", ["10.0.0.0/8", "fc00::/7"]],
  ])("is valid to HAProxy itself: %s, behind %j", { timeout: 60_000 }, async (mode, proxies) => {
    const { command, env } = await locateProgram("haproxy");
    const folder = await mkdtemp(path.join(os.tmpdir(), "parloir-haproxy-"));
    const file = path.join(folder, "haproxy.cfg");
    await writeFile(file, renderHaproxyConfig({ ...config, mode, proxies }));
    const { code, output } = await run(command, ["-c", "-f", file], { env });
    await rm(folder, { recursive: true });
    expect(output).not.toMatch(/WARNING|ALERT/);
    expect(code).toBe(0);
  });

  it("says of itself that it works also when nothing behind it does", async () => {
    const { command, env } = await locateProgram("haproxy");
    const folder = await mkdtemp(path.join(os.tmpdir(), "parloir-haproxy-"));
    const [port, healthPort, nobody] = [await freePort(), await freePort(), await freePort()];
    const file = path.join(folder, "haproxy.cfg");
    const targets = [{ name: "a1", host: "127.0.0.1", port: nobody }];
    const bind = [`127.0.0.1:${port}`];
    await writeFile(
      file,
      renderHaproxyConfig({ mode: "production", bind, healthPort, gateways: targets, apis: targets }),
    );
    const haproxy = spawn(command, ["-db", "-f", file], { env, stdio: "ignore" });
    const ask = (on: number) =>
      fetch(`http://127.0.0.1:${on}/livez`).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(() => ask(healthPort), { timeout: 30_000 }).toBe(200);
    expect(await ask(port)).toBe(503);
    haproxy.kill("SIGKILL");
    await rm(folder, { recursive: true });
  });

  it("logs a failed request without the query of its address, and what is no text escaped", async () => {
    const { command, env } = await locateProgram("haproxy");
    const folder = await mkdtemp(path.join(os.tmpdir(), "parloir-haproxy-"));
    const [port, nobody] = [await freePort(), await freePort()];
    const file = path.join(folder, "haproxy.cfg");
    const targets = [{ name: "gw1", host: "127.0.0.1", port: nobody }];
    const bind = [`127.0.0.1:${port}`];
    const text = renderHaproxyConfig({ mode: "production", bind, gateways: targets, apis: targets });
    await writeFile(file, text);
    const haproxy = spawn(command, ["-db", "-f", file], { env, stdio: ["ignore", "pipe", "ignore"] });
    let logged = "";
    haproxy.stdout.on("data", (chunk) => {
      logged += String(chunk);
    });
    const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).then(({ status }) => status);
    await expect.poll(() => ask("/first").catch(() => 0), { timeout: 30_000 }).toBe(503);
    expect(await ask("/socket.io/?EIO=4&token=s3cr3t-s3cr3t&transport=polling")).toBe(503);
    expect(await ask("/api/me%0d%0ainjected?token=s3cr3t-s3cr3t")).toBe(503);
    await expect.poll(() => logged, { timeout: 30_000 }).toContain("injected");
    haproxy.kill("SIGKILL");
    await rm(folder, { recursive: true });
    expect(logged).toContain('GET "/socket.io/" HTTP/1.1');
    expect(logged).not.toContain("s3cr3t");
    expect(logged).not.toMatch(/^injected/m);
  });
});
