import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readApiConfig, readGatewayConfig, readMigrateConfig, readWorkerConfig } from "./env.ts";
import { EnvironmentError } from "./environment-reader.ts";

function problemsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
  return [];
}

const secret = "x".repeat(32);
const production = {
  NODE_ENV: "production",
  JWT_SECRET: secret,
  INTERNAL_SECRET: secret,
  SERVER_KEY: secret,
  DATABASE_URL: "postgresql://db.internal/parloir",
  REDIS_URL: "redis://redis.internal:6379",
  QUEUE_REDIS_URL: "redis://queue.internal:6379",
  API_URLS: "http://api1:4100,http://api2:4100/",
};

describe("a variable's value in a file", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "parloir-env-"));
  const file = path.join(folder, "secret");
  writeFileSync(file, `${secret}\n`);
  afterAll(() => rmSync(folder, { recursive: true }));
  const { SERVER_KEY: _, ...rest } = production;

  it("counts like the variable itself, without the newline at its end", () => {
    expect(readApiConfig({ ...rest, SERVER_KEY_FILE: file }).serverKey).toBe(secret);
  });

  it.each([
    ["beside the variable", { SERVER_KEY: secret, SERVER_KEY_FILE: file }, /exclude each other/],
    ["that is not there", { SERVER_KEY_FILE: path.join(folder, "none") }, /ENOENT/],
  ])("%s is a problem that shows no value", (_, extra, complaint) => {
    const problems = problemsOf(() => readApiConfig({ ...rest, ...extra })).join("\n");
    expect(problems).toMatch(complaint);
    expect(problems).not.toContain(secret);
  });
});

describe("the environment", () => {
  it("needs nothing in development", () => {
    for (const read of [readGatewayConfig, readApiConfig, readWorkerConfig])
      expect(problemsOf(() => read({}))).toEqual([]);
  });

  it("reports every problem at once, each once", () => {
    const problems = problemsOf(() =>
      readGatewayConfig({
        PORT: "eighty",
        PRIVATE_PORT: "-1",
        NODE_NAME: "gw.1",
        LOG_LEVEL: "loud",
        REDIS_URL: "not a url",
        API_URLS: "http://ok,nonsense",
        LIMIT_SEND_BURST: "1e3",
        ALLOWED_ORIGINS: "example.org",
        REDIS_CLUSTER: "yes",
      }),
    );
    const names = problems.map((problem) => problem.split(/[ :]/)[0]);
    expect(names.toSorted()).toEqual([
      "ALLOWED_ORIGINS",
      "API_URLS",
      "LIMIT_SEND_BURST",
      "LOG_LEVEL",
      "NODE_NAME",
      "PORT",
      "PRIVATE_PORT",
      "REDIS_CLUSTER",
      "REDIS_URL",
    ]);
  });

  it("of a complete production is accepted, by every process", () => {
    for (const read of [readGatewayConfig, readApiConfig, readWorkerConfig])
      expect(problemsOf(() => read(production))).toEqual([]);
    expect(readGatewayConfig(production).apiUrls).toEqual(["http://api1:4100", "http://api2:4100"]);
  });

  it.each([
    ["JWT_SECRET", "development-jwt-secret-0123456789abcdef"],
    ["INTERNAL_SECRET", "development-internal-secret"],
    ["SERVER_KEY", "dev-server-key"],
    ["JWT_SECRET", "short"],
    ["SERVER_KEY", "x".repeat(31)],
    ["JWT_SECRET", ""],
    ["INTERNAL_SECRET", "   "],
    ["SERVER_KEY", undefined],
    ["DATABASE_URL", undefined],
    ["REDIS_URL", ""],
    ["DEMO_ACCOUNTS", "1"],
  ])("of production with %s = %s is refused", (name, value) => {
    const problems = problemsOf(() => readApiConfig({ ...production, [name]: value }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(name);
  });

  it("names variables and never shows the value of a secret or of a url", () => {
    const text = problemsOf(() =>
      readApiConfig({
        ...production,
        JWT_SECRET: "hunter2",
        DATABASE_URL: "hunter3:with password",
        SERVER_KEY: "hunter4",
      }),
    ).join();
    expect(text).toContain("JWT_SECRET");
    expect(text).not.toContain("hunter");
  });

  it("takes tokens of one kind: a secret or an issuer's keys", () => {
    const issuer = { ...production, JWT_SECRET: undefined, JWKS_URL: "https://issuer.example/keys" };
    expect(readGatewayConfig(issuer).tokens).toMatchObject({
      secret: null,
      jwksUrl: "https://issuer.example/keys",
    });
    expect(problemsOf(() => readGatewayConfig({ ...issuer, JWT_SECRET: secret }))).toHaveLength(1);
    expect(problemsOf(() => readGatewayConfig({ ...issuer, JWKS_URL: "keys" }))).toHaveLength(1);
  });

  it("counts an empty variable as absent", () => {
    expect(readGatewayConfig({ PORT: "", LIMIT_SENDS_PER_SECOND: " " })).toEqual(readGatewayConfig({}));
  });

  it("keeps origins as origins, with the public address among them", () => {
    const { allowedOrigins } = readApiConfig({
      PUBLIC_URL: "https://chat.example.org/messages?x=1",
      ALLOWED_ORIGINS: "https://shop.example.org/ , http://localhost:5173",
    });
    expect(allowedOrigins).toEqual([
      "https://chat.example.org",
      "https://shop.example.org",
      "http://localhost:5173",
    ]);
  });
});

describe("Postgres", () => {
  const pooled = {
    ...production,
    DATABASE_URL: "postgresql://par%40loir:secret@pooler/parloir",
    DATABASE_POOLER: "transaction",
  };

  it("is reached by everybody at one address, unless a pooler stands before it", () => {
    expect(readMigrateConfig(production)).toEqual({
      directDatabaseUrl: production.DATABASE_URL,
      pooledRole: null,
    });
    expect(readApiConfig(production).databasePooler).toBe("none");
    const direct = "postgresql://owner@postgres/parloir";
    expect(readMigrateConfig({ ...pooled, DATABASE_DIRECT_URL: direct })).toEqual({
      directDatabaseUrl: direct,
      pooledRole: "par@loir",
    });
    expect(readWorkerConfig(pooled).databasePooler).toBe("transaction");
  });

  it.each([
    [
      "a pooler and no way around it",
      pooled,
      "DATABASE_DIRECT_URL is required with DATABASE_POOLER: the address of Postgres itself",
    ],
    [
      "a pooler of another kind",
      { ...pooled, DATABASE_POOLER: "session", DATABASE_DIRECT_URL: "a://b" },
      'DATABASE_POOLER must be one of none, transaction, prepared, not "session"',
    ],
    [
      "a pooler and no account",
      { ...pooled, DATABASE_URL: "postgresql://pooler/parloir", DATABASE_DIRECT_URL: "a://b" },
      "DATABASE_URL must name the account, with DATABASE_POOLER",
    ],
  ])("with %s: migrations are refused", (_, source, problem) => {
    expect(problemsOf(() => readMigrateConfig(source))).toEqual([problem]);
  });

  it("has any number of replicas, each with an address", () => {
    expect(readApiConfig(production).databaseReplicaUrls).toEqual([]);
    const replicas = { ...production, DATABASE_REPLICA_URLS: "postgresql://one/x, postgresql://two/x" };
    expect(readApiConfig(replicas).databaseReplicaUrls).toEqual(["postgresql://one/x", "postgresql://two/x"]);
    expect(problemsOf(() => readApiConfig({ ...replicas, DATABASE_REPLICA_URLS: "hunter2" }))).toEqual([
      "DATABASE_REPLICA_URLS holds what is not a URL",
    ]);
  });
});

describe("the two Redis", () => {
  it("a cluster has several nodes, which are one address each", () => {
    const urls = "redis://:a@one:6379,redis://:a@two:6379";
    const cluster = { ...production, REDIS_URL: urls, REDIS_CLUSTER: "1" };
    expect(readGatewayConfig(cluster).redis).toEqual({ url: urls, cluster: true });
    expect(problemsOf(() => readGatewayConfig({ ...cluster, REDIS_CLUSTER: "0" }))).toEqual([
      "REDIS_URL is not a URL",
    ]);
    const { QUEUE_REDIS_URL: _, ...without } = cluster;
    expect(problemsOf(() => readWorkerConfig(without))).toContain(
      "QUEUE_REDIS_URL is required with REDIS_CLUSTER=1",
    );
  });

  it("Sentinels have a host and a port each", () => {
    const sentinels = { ...production, QUEUE_REDIS_SENTINELS: "one:26379, [::1]:26380" };
    expect(readWorkerConfig(sentinels).queueRedis.sentinels).toEqual({
      nodes: [
        { host: "one", port: 26_379 },
        { host: "::1", port: 26_380 },
      ],
      master: "mymaster",
      password: null,
    });
    expect(readWorkerConfig(production).queueRedis.sentinels).toBeNull();
    expect(problemsOf(() => readWorkerConfig({ ...production, QUEUE_REDIS_SENTINELS: "one" }))).toEqual([
      'QUEUE_REDIS_SENTINELS: "one" is not host:port',
    ]);
  });
});

describe("where traces go", () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/" };

  it("is nowhere unless it is said", () => {
    expect(readApiConfig({}).tracing).toBeNull();
    expect(readApiConfig({ ...endpoint, OTEL_SDK_DISABLED: "true" }).tracing).toBeNull();
  });

  it("is written as for any program with OpenTelemetry", () => {
    expect(readGatewayConfig(endpoint).tracing).toEqual({
      url: "http://collector:4318/v1/traces",
      protocol: "http/protobuf",
      headers: {},
      serviceName: null,
      attributes: {},
      sampler: "parentbased_always_on",
      ratio: 1,
    });
    const own = { ...endpoint, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://traces.example/otlp" };
    const more = { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" };
    const headers = { OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20YQ==,x=1" };
    expect(readWorkerConfig({ ...own, ...more, ...headers }).tracing).toMatchObject({
      url: "https://traces.example/otlp",
      sampler: "traceidratio",
      ratio: 0.25,
      headers: { authorization: "Basic YQ==", x: "1" },
    });
  });

  it.each([
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "secret"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "x=%E0%A4%A"],
    ["OTEL_TRACES_SAMPLER", "some"],
    ["OTEL_TRACES_SAMPLER_ARG", "2"],
  ])("%s=%s is a problem", (name, value) => {
    const problems = problemsOf(() => readApiConfig({ [name]: value }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(name);
  });
});
