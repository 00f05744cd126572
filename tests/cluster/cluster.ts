import { randomUUID } from "node:crypto";
import path from "node:path";
import type { SendReceipt } from "@parloir/contracts/events.ts";
import type { Conversation, Person, Role } from "@parloir/contracts/shapes.ts";
import { startRedis } from "@parloir/local/redis.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import type { Log } from "@parloir/platform/log.ts";
import { pino } from "pino";
import { answerProblem } from "../setup/contracts.ts";
import { cloneDatabase, type TestDatabase } from "../setup/database.ts";
import { eventually } from "../setup/waiting.ts";
import { startBalancer } from "./balancer.ts";
import {
  type Environment,
  type GatewayNode,
  type Node,
  startApi,
  startGateway,
  startWorkerNode,
} from "./nodes.ts";
import { type SocketSettings, TestSocket } from "./socket.ts";

export interface ClusterOptions {
  gateways?: number;
  apis?: number;
  workers?: number;
  /** Clients come in through HAProxy, unless they name a gateway. */
  balancer?: boolean;
  /** Environment of every process. Limits are off unless named here. */
  env?: Environment;
  /** What single processes see differently, by name: a proxy in front of Redis, a limit. */
  envOf?: Record<string, Environment>;
  /** Instead of one that keeps errors: what is logged is then the test's to judge. */
  log?: Log;
  /** Instead of a clone of the run's database: one whose server the test may stop. Dropped with the cluster. */
  database?: TestDatabase;
}

export type TestPerson = Person & { token: string };

export interface RestAnswer {
  status: number;
  headers: Headers;
  body: { success: boolean; data?: unknown; error?: { code: string; message: string; requestId: string } };
}

export const serverKey = "dev-server-key";
export const jwtSecret = "tests-jwt-secret-0123456789abcdef0123";

const quiet: Environment = {
  JWT_SECRET: jwtSecret,
  LIMIT_SENDS_PER_SECOND: "0",
  LIMIT_EVENTS_PER_MINUTE: "0",
  LIMIT_JOINS_PER_MINUTE: "0",
  LIMIT_CALLS_PER_MINUTE: "0",
  LIMIT_CHANNEL_EVENTS_PER_SECOND: "0",
  LIMIT_EXPORTS_PER_HOUR: "0",
  LIMIT_SOCKETS_PER_USER: "0",
  LIMIT_CONNECTS_PER_SECOND: "0",
  LIMIT_READS_PER_SECOND: "0",
  LIMIT_OPEN_REQUESTS_PER_SECOND: "0",
  LIMIT_SIGN_IN_FAILURES: "0",
  LIMIT_KEY_REQUESTS_PER_SECOND: "0",
  // Everything shares this process's event loop, tests included.
  LIMIT_EVENT_LOOP_LAG_MS: "0",
};

export type Cluster = Awaited<ReturnType<typeof startCluster>>;

/**
 * Real gateways, apis and workers in this process, with a database and a Redis of their own.
 * `stop()` fails when something stays connected, or when a process logged an error that the test did not expect.
 */
export async function startCluster(options: ClusterOptions = {}) {
  const folder = await temporaryFolder();
  const [database, redis] = await Promise.all([
    options.database ?? cloneDatabase(),
    startRedis({ dir: folder.dir }),
  ]);
  const errors: string[] = [];
  const log = options.log ?? errorLog(errors);
  const files = { ATTACHMENT_DIR: path.join(folder.dir, "attachments"), ATTACHMENT_KEEP_FREE_MB: "0" };
  const shared = { ...quiet, ...files, DATABASE_URL: database.url, REDIS_URL: redis.url, ...options.env };
  const envOf = (name: string) => ({ ...shared, ...options.envOf?.[name] });
  const apis = await numbered("api", options.apis ?? 1, (name) => startApi(name, envOf(name), log));
  const apiUrls = { API_URLS: apis.map((api) => api.privateUrl).join(",") };
  const newGateway = (name: string) => startGateway(name, { ...apiUrls, ...envOf(name) }, log);
  const gateways = await numbered("gw", options.gateways ?? 1, newGateway);
  const workers = await numbered("worker", options.workers ?? 0, (name) =>
    startWorkerNode(name, envOf(name), log),
  );
  const balancer = options.balancer ? await startBalancer({ gateways, apis }) : null;
  const url = balancer?.url ?? gateways[0]?.url ?? "";
  const sockets: TestSocket[] = [];
  let people = 0;
  let turn = 0;

  /** Asks the balancer or, without one, the apis by turns, unless `path` is a whole url. */
  async function request(bearer: string | null, method: string, path: string, body?: unknown) {
    const base = balancer?.url ?? apis[turn++ % apis.length]!.url;
    const ask = () =>
      fetch(new URL(path, base), {
        method,
        headers: {
          ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const response = await (balancer ? ask().catch((error) => againIfIdle(error, ask)) : ask());
    const answer: RestAnswer = { status: response.status, headers: response.headers, body: null as never };
    answer.body = (await response.json()) as RestAnswer["body"];
    const problem = answer.body.success
      ? answerProblem(apis[0]!.api.routes, method, path, answer.body.data)
      : null;
    if (problem) throw new Error(problem);
    return answer;
  }

  async function ask<T>(bearer: string, method: string, path: string, body?: unknown): Promise<T> {
    const answer = await request(bearer, method, path, body);
    if (!answer.body.success) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body.error)}`);
    return answer.body.data as T;
  }

  async function token(userId: string, ttlSeconds = 3_600): Promise<string> {
    const body = { userId, ttlSeconds };
    return (await ask<{ token: string }>(serverKey, "POST", "/api/tokens", body)).token;
  }

  async function stop(): Promise<void> {
    for (const socket of sockets) socket.close();
    await balancer?.stop();
    for (const node of [...gateways, ...workers, ...apis]) await node.stop();
    const left = await eventually("connections to Postgres", database.leftConnections, (all) => !all.length);
    await redis.stop();
    await database.drop();
    await folder.remove();
    const misshapen = sockets.flatMap((socket) => socket.misshapen);
    const complaints = [...errors, ...left, ...misshapen];
    if (complaints.length > 0)
      throw new Error(`what was logged or received is wrong:\n${complaints.join("\n")}`);
  }

  return {
    gateways,
    apis,
    workers,
    /** Where sockets come in, and REST as well if there is a balancer. */
    url,
    databaseUrl: database.url,
    redisUrl: redis.url,
    /** Where REST comes in. */
    apiUrl: balancer?.url ?? apis[0]?.url ?? "",
    /** Where uploaded files are. */
    attachmentDir: files.ATTACHMENT_DIR,
    /** What processes logged as errors so far; a test that causes one empties it. */
    errors,
    request,
    token,
    stop,

    /** One more worker, when a test needs to look at what happens before there is one. */
    async addWorker(): Promise<Node> {
      const name = `worker${workers.length + 1}`;
      const worker = await startWorkerNode(name, envOf(name), log);
      workers.push(worker);
      return worker;
    },

    /** One more gateway, started in whatever state the rest is in by now. */
    async addGateway(): Promise<GatewayNode> {
      const gateway = await newGateway(`gw${gateways.length + 1}`);
      gateways.push(gateway);
      return gateway;
    },

    /** Postgres as an outsider sees it. */
    async sql<R extends object = Record<string, unknown>>(
      text: string,
      values: unknown[] = [],
    ): Promise<R[]> {
      return (await database.pool.query<R>(text, values)).rows;
    },
    postgres: database.pool,

    /** A new person, as the host's back end makes them: an id of their own and a token. */
    async person(name: string, role: Role = "client"): Promise<TestPerson> {
      const id = `${name}.${++people}`;
      const person = await ask<Person>(serverKey, "PUT", `/api/users/${id}`, { name, role });
      return { ...person, token: await token(id) };
    },

    /** A connected socket of this person, on one gateway if it is named; `ready` has come. */
    async socket(
      person: { token: string },
      gateway?: number,
      settings: SocketSettings = {},
    ): Promise<TestSocket> {
      const entrance = gateway === undefined ? url : gateways[gateway]!.url;
      const socket = new TestSocket(entrance, person.token, settings);
      sockets.push(socket);
      await socket.ready();
      return socket;
    },

    /** A socket that may be refused, or that a test wants to watch while it connects. */
    connect(token: string | undefined, entrance = url, settings: SocketSettings = {}): TestSocket {
      const socket = new TestSocket(entrance, token, settings);
      sockets.push(socket);
      return socket;
    },

    rest(person: { token: string }, method: string, path: string, body?: unknown) {
      return request(person.token, method, path, body);
    },

    /** A request that must succeed; answers its data. */
    call<T>(person: { token: string }, method: string, path: string, body?: unknown): Promise<T> {
      return ask<T>(person.token, method, path, body);
    },

    /** The conversation of two, or a group when there are more. */
    async conversation(creator: TestPerson, ...others: TestPerson[]): Promise<Conversation> {
      const [first] = others;
      const body =
        others.length === 1 && first
          ? { kind: "direct", recipientId: first.id }
          : { kind: "group", memberIds: others.map((other) => other.id) };
      return ask<Conversation>(creator.token, "POST", "/api/messages/conversations", body);
    },

    send(
      socket: TestSocket,
      conversationId: string,
      content = "hello",
      clientMessageId: string = randomUUID(),
    ) {
      const payload = { conversationId, clientMessageId, content };
      return socket.ok("send_message", payload) as Promise<SendReceipt>;
    },
  };
}

/** The balancer ends connections that were idle for 10 s. A machine that stood still so long may write to one of them. */
function againIfIdle<T>(error: unknown, ask: () => Promise<T>): Promise<T> {
  const { code } = ((error as Error).cause ?? {}) as { code?: string };
  if (code !== "UND_ERR_SOCKET" && code !== "ECONNRESET") throw error;
  return ask();
}

async function numbered<T>(prefix: string, count: number, start: (name: string) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => start(`${prefix}${index + 1}`)));
}

/** Keeps what is logged as an error; with TEST_LOG set, also prints everything. */
function errorLog(errors: string[]): Log {
  const errorLevel = 50;
  return pino(
    { level: process.env.TEST_LOG ?? "error" },
    {
      write(line: string) {
        if (process.env.TEST_LOG) process.stdout.write(line);
        if ((JSON.parse(line) as { level: number }).level >= errorLevel) errors.push(line.trim());
      },
    },
  );
}
