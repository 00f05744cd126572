import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  readApiConfig,
  readGatewayConfig,
  readMigrateConfig,
  readWorkerConfig,
} from "@parloir/platform/env.ts";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { composeConfig, composeConfigFile } from "../haproxy/compose.ts";
import { freePort } from "../local/src/ports.ts";
import { compose, environmentOf as environmentIn, mounted, root, type Service } from "./compose-file.ts";
import { secretNames, writeSecrets } from "./secrets.ts";

/** docker-compose.yml against what the processes really read, listen on and answer. */

const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const services = Object.entries(compose.services);
const secrets = await mkdtemp(path.join(tmpdir(), "parloir-secrets-"));
writeSecrets(secrets);
afterAll(() => rmSync(secrets, { recursive: true }));

const readers: Record<string, (source: Record<string, string | undefined>) => unknown> = {
  "gateway/src/main.ts": readGatewayConfig,
  "api/src/main.ts": readApiConfig,
  "worker/src/main.ts": readWorkerConfig,
  "store/src/main.ts": readMigrateConfig,
};
const processes = services.filter(([, { command }]) => command !== undefined && command[1]! in readers);
const processesOf = (entry: string) => processes.filter(([, { command }]) => command?.[1] === entry);

const environmentOf = (service: Service, host?: Record<string, string>) =>
  environmentIn(service, secrets, host);

describe("docker-compose.yml", () => {
  it("runs three gateways, two apis, two workers and the migrations", () => {
    const counts = Object.keys(readers).map((entry) => processesOf(entry).length);
    expect(counts).toEqual([3, 2, 2, 1]);
  });

  it.each(processes)(
    "%s is accepted in production, and reads every variable that it is given",
    (_, service) => {
      const environment = environmentOf(service);
      const asked = new Set<string>();
      const watched = new Proxy<Record<string, string | undefined>>(environment, {
        get(target, name) {
          asked.add(String(name));
          return target[String(name)];
        },
      });
      readers[service.command![1]!]!(watched);
      expect(environment.NODE_ENV).toBe("production");
      expect(Object.keys(environment).filter((name) => !asked.has(name) && name !== "NODE_ENV")).toEqual([]);
    },
  );

  it.each(processes)("%s runs without root, on a file system that it cannot write to", (_, service) => {
    expect(service.read_only).toBe(true);
    expect(service.user).toBeUndefined();
  });

  it("gives every gateway and api the name and the port by which the balancer knows it", () => {
    const servers = [...composeConfig.matchAll(/^ {2}server (\S+) (\S+):(\d+)/gm)].map(
      ([, ...server]) => server,
    );
    const real = [...processesOf("gateway/src/main.ts"), ...processesOf("api/src/main.ts")].map(
      ([host, { environment }]) => [environment!.NODE_NAME, host, environment!.PORT],
    );
    expect(servers.toSorted()).toEqual(real.toSorted());
  });

  it("has the balancer's configuration as the template makes it", () => {
    expect(readFileSync(composeConfigFile, "utf8")).toBe(composeConfig);
    expect(compose.services.balancer?.volumes?.[0]).toContain("./infra/haproxy/compose.cfg:");
  });

  it("sends gateways to every api's private port, and Prometheus to everybody's", () => {
    const privateUrls = (entry: string) =>
      processesOf(entry).map(([host, { environment }]) => `${host}:${environment!.PRIVATE_PORT}`);
    for (const [, { environment }] of processesOf("gateway/src/main.ts"))
      expect(environment!.API_URLS).toBe(
        privateUrls("api/src/main.ts")
          .map((url) => `http://${url}`)
          .join(","),
      );
    const prometheus = parse(read("infra/prometheus/prometheus.yml")) as {
      scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
    };
    const targets = Object.fromEntries(
      prometheus.scrape_configs.map((job) => [
        job.job_name,
        job.static_configs.flatMap((each) => each.targets),
      ]),
    );
    for (const role of ["gateway", "api", "worker"])
      expect(targets[role]).toEqual(privateUrls(`${role}/src/main.ts`));
  });

  it("names only secrets that are made, and volumes and files that are there", () => {
    const text = JSON.stringify(compose);
    const named = [...text.matchAll(/\/run\/parloir\/([a-z0-9.-]+)/g)].map(([, name]) => name);
    expect(named.filter((name) => !secretNames.some((each) => each === name))).toEqual([]);
    for (const source of services.flatMap(([, { volumes = [] }]) =>
      volumes.map((each) => each.split(":")[0]!),
    )) {
      if (source.startsWith("./"))
        expect([source, existsSync(path.join(root, source))]).toEqual([source, true]);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  });

  it("shows Grafana every dashboard, from the Prometheus that scrapes", () => {
    const provisioning = (file: string) => parse(read(`infra/grafana/provisioning/${file}`)) as unknown;
    const { datasources } = provisioning("datasources/prometheus.yml") as {
      datasources: { uid: string; url: string }[];
    };
    expect(datasources).toMatchObject([{ uid: "prometheus", url: "http://prometheus:9090" }]);
    const { providers } = provisioning("dashboards/parloir.yml") as {
      providers: { options: { path: string } }[];
    };
    const { volumes, environment } = compose.services.grafana!;
    expect(volumes).toContain(`./infra/grafana/dashboards:${providers[0]!.options.path}:ro`);
    expect(volumes).toContain("./infra/grafana/provisioning:/etc/grafana/provisioning:ro");
    expect(environment).toHaveProperty("GF_SECURITY_ADMIN_PASSWORD__FILE");
  });

  it("brings a store for files whose bucket, account and key are those that the apis are told", () => {
    const { entrypoint, environment } = compose.services.files!;
    expect(entrypoint?.at(-1)).toContain("/data/parloir");
    const [, api] = processesOf("api/src/main.ts")[0]!;
    const inBucket = { ...environmentOf(api), S3_BUCKET: "parloir", S3_ENDPOINT: "http://files:9000" };
    expect(readApiConfig(inBucket).attachments.s3).toEqual({
      bucket: "parloir",
      endpoint: "http://files:9000",
      region: "us-east-1",
      credentials: {
        accessKeyId: environment!.MINIO_ROOT_USER,
        secretAccessKey: readFileSync(path.join(secrets, "s3-secret-key"), "utf8"),
      },
    });
    expect(environment!.MINIO_ROOT_PASSWORD_FILE).toBe(`${mounted}/s3-secret-key`);
    // Without the profile there is none, and the apis keep files in their volume.
    expect(readApiConfig(environmentOf(api)).attachments.s3).toBeNull();
  });

  it("lets people sign in to its own pages, and shows the board of queues on this host only", () => {
    for (const [, api] of processesOf("api/src/main.ts"))
      expect(readApiConfig(environmentOf(api)).passwordSignIn).toBe(true);
    for (const [, worker] of processesOf("worker/src/main.ts"))
      expect(readWorkerConfig(environmentOf(worker)).queueBoardPassword).toBe(
        readFileSync(path.join(secrets, "queue-board-password"), "utf8"),
      );
    const [, first] = processesOf("worker/src/main.ts")[0]!;
    expect(first.ports).toEqual([`127.0.0.1:\${QUEUE_BOARD_PORT:-9101}:${first.environment!.PRIVATE_PORT}`]);
    // Whatever else is published is meant for everybody, or bound to this host as well.
    const open = services.flatMap(([name, { ports = [] }]) =>
      ports.flatMap((port) => (port.startsWith("127.0.0.1:") ? [] : [name])),
    );
    expect(open).toEqual(["balancer"]);
  });

  it("lets the pages of the port that is published open sockets, and of the address that is given instead", () => {
    const [, api] = processesOf("api/src/main.ts")[0]!;
    const origins = (host: Record<string, string>) => readApiConfig(environmentOf(api, host)).allowedOrigins;
    expect(origins({})).toEqual(["http://localhost:8080"]);
    expect(origins({ PARLOIR_PORT: "9000" })).toEqual(["http://localhost:9000"]);
    expect(origins({ PARLOIR_PORT: "9000", PUBLIC_URL: "https://chat.example" })).toEqual([
      "https://chat.example",
    ]);
    expect(compose.services.balancer!.ports).toEqual([`\${PARLOIR_PORT:-8080}:8080`]);
  });

  it("takes tokens of an outside issuer, as docs/operations.md says to set it", () => {
    const written = /```sh\n(JWKS_URL=[^`]*)```/.exec(read("docs/operations.md"))![1]!;
    const host = Object.fromEntries(
      written
        .trim()
        .split("\n")
        .map((line) => line.split(/=(.*)/).slice(0, 2)),
    ) as Record<string, string>;
    for (const [entry, read] of [
      ["gateway/src/main.ts", readGatewayConfig],
      ["api/src/main.ts", readApiConfig],
    ] as const)
      for (const [, service] of processesOf(entry)) {
        expect(read(environmentOf(service, host)).tokens).toMatchObject({
          secret: null,
          jwksUrl: host.JWKS_URL,
          issuer: host.JWT_ISSUER,
        });
        // Without its line the secret stays.
        const { JWT_SECRET_FILE: _, ...forgotten } = host;
        expect(() => read(environmentOf(service, forgotten))).toThrow("exclude each other");
      }
    const [, api] = processesOf("api/src/main.ts")[0]!;
    const { PASSWORD_SIGN_IN: _, ...forgotten } = host;
    expect(() => readApiConfig(environmentOf(api, forgotten))).toThrow("exclude each other");
  });

  it("waits for what it needs, and checks the health of all that stays", () => {
    for (const [name, { depends_on = {}, healthcheck, restart }] of services) {
      const isJob = healthcheck?.disable === true;
      expect([name, isJob || healthcheck?.test !== undefined]).toEqual([name, true]);
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const otherIsJob = compose.services[other]?.healthcheck?.disable === true;
        expect([name, other, condition]).toEqual([
          name,
          other,
          otherIsJob ? "service_completed_successfully" : "service_healthy",
        ]);
      }
      if (!isJob) expect([name, restart]).toEqual([name, "unless-stopped"]);
      // Something waits for each job: `up --wait` takes one that nobody waits for as a failure.
      if (isJob)
        expect(services.some(([, other]) => other.depends_on && name in other.depends_on)).toBe(true);
    }
  });

  it("starts a gateway whose health check and balancer's check answer", { timeout: 60_000 }, async () => {
    const [, gateway] = processesOf("gateway/src/main.ts")[0]!;
    const [port, privatePort] = [await freePort(), await freePort()];
    const environment = {
      ...environmentOf(gateway),
      HOST: "127.0.0.1",
      PORT: String(port),
      PRIVATE_PORT: String(privatePort),
      LOG_LEVEL: "fatal",
    };
    const child = spawn(process.execPath, gateway.command!.slice(1), {
      cwd: root,
      env: environment,
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      expect(gateway.healthcheck!.test!.slice(0, 2)).toEqual(["CMD", "node"]);
      const check = () => exitCode(gateway.healthcheck!.test!.slice(2), environment);
      const deadline = Date.now() + 40_000;
      let code = await check();
      while (code !== 0 && Date.now() < deadline) code = await check();
      expect(code).toBe(0);
      const asked = /option httpchk GET (\/balancer)/.exec(composeConfig)?.[1];
      expect((await fetch(`http://127.0.0.1:${port}${asked}`)).status).toBe(200);
    } finally {
      child.kill("SIGKILL");
      await ended;
    }
    expect(await exitCode(gateway.healthcheck!.test!.slice(2), environment)).toBe(1);
  });
});

function exitCode(args: string[], env: Record<string, string>): Promise<number | null> {
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: "ignore" });
  return new Promise((resolve) => child.once("exit", resolve));
}

describe("the secrets", () => {
  it("are made once, differ, and are long enough for production", async () => {
    const value = (name: string) => readFileSync(path.join(secrets, name), "utf8");
    const passwords = secretNames.filter((name) => /-(secret|key|password)$/.test(name)).map(value);
    expect(new Set(passwords).size).toBe(passwords.length);
    for (const each of passwords) expect(each.length).toBeGreaterThanOrEqual(32);
    const before = secretNames.map(value);
    expect(writeSecrets(secrets)).toEqual([]);
    expect(secretNames.map(value)).toEqual(before);
    for (const name of ["rooms", "queue"]) {
      const url = new URL(value(name === "rooms" ? "redis-url" : "queue-redis-url"));
      expect(value(`${name}.conf`)).toContain(`requirepass ${url.password}\n`);
    }
  });
});
