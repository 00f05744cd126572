import { attempt, type Finding, ok, problem, unknown, warning } from "./finding.ts";

/** What clients see, asked through the balancer without an account. */

const patienceMs = 10_000;
const sessions = 12;

interface Handshake {
  sid: string;
  pingInterval: number;
  pingTimeout: number;
}

const pollingUrl = (url: string, sid?: string) =>
  new URL(`/socket.io/?EIO=4&transport=polling${sid === undefined ? "" : `&sid=${sid}`}`, url);

async function get(url: URL | string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(patienceMs), redirect: "manual" });
}

async function handshake(url: string): Promise<Handshake> {
  const answer = await get(pollingUrl(url));
  const text = await answer.text();
  if (answer.status !== 200 || !text.startsWith("0{"))
    throw new Error(`the handshake answered ${answer.status}: ${text.slice(0, 80)}`);
  return JSON.parse(text.slice(1)) as Handshake;
}

/** `serverKey` null: nobody waits for a ping, for which one must be somebody. */
export async function checkBalancer(url: string, serverKey: string | null): Promise<Finding[]> {
  const alive = await attempt(
    "reachable",
    `is the cluster running, and is ${url} its balancer?`,
    async () => {
      const { status } = await get(new URL("/livez", url));
      return [
        status === 200
          ? ok("reachable", url)
          : problem("reachable", `/livez answered ${status}`, "no api is up: see their logs"),
      ];
    },
  );
  if (alive[0]!.state !== "ok") return alive;
  const found = await Promise.all([
    attempt("stickiness", "can gateways be reached through the balancer?", () => checkStickiness(url)),
    attempt("websocket", webSocketFix, () => checkWebSocket(url)),
    attempt("upgrade", webSocketFix, () => checkUpgrade(url)),
    attempt("private paths", "refuse them in the balancer", () => checkPrivatePaths(url)),
    serverKey === null
      ? [unknown("idle connections", "not waited for: --quick, or SERVER_KEY is not given")]
      : attempt("idle connections", idleFix, () => checkIdle(url, serverKey)),
  ]);
  return [...alive, ...found.flat()];
}

/** Each session's requests must find the gateway that knows it. Says hello without a token: the refusal is the answer. */
async function checkStickiness(url: string): Promise<Finding[]> {
  const answers = await Promise.all(
    Array.from({ length: sessions }, async () => {
      const { sid } = await handshake(url);
      const sent = await fetch(pollingUrl(url, sid), {
        method: "POST",
        body: '40{"token":""}',
        headers: { "content-type": "text/plain;charset=UTF-8" },
        signal: AbortSignal.timeout(patienceMs),
      });
      if (sent.status !== 200) return { sid, kept: false };
      const answer = await get(pollingUrl(url, sid));
      return { sid, kept: answer.status === 200 && (await answer.text()).includes("44{") };
    }),
  );
  const lost = answers.filter(({ kept }) => !kept).length;
  const gateways = new Set(answers.map(({ sid }) => sid.split(".")[0]));
  const found = `${sessions - lost} of ${sessions} polling sessions without cookies kept their gateway (${[...gateways].sort().join(", ")})`;
  if (lost > 0)
    return [
      problem(
        "stickiness",
        found,
        "route /socket.io/ by the session id: `use-server NAME if { urlp(sid) -m beg NAME. }`, as infra/haproxy/config.ts does; NAME is the gateway's NODE_NAME",
      ),
    ];
  if (gateways.size === 1)
    return [
      warning(
        "stickiness",
        found,
        "all sessions went to one gateway: with several, is the balancer using them?",
      ),
    ];
  return [ok("stickiness", found)];
}

const webSocketFix =
  "let Upgrade and Connection headers pass in everything between clients and gateways; without it clients poll";

function open(url: string, sid?: string): Promise<{ socket: WebSocket; first: Promise<string> }> {
  const address = new URL(
    `/socket.io/?EIO=4&transport=websocket${sid === undefined ? "" : `&sid=${sid}`}`,
    url,
  );
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address);
  const first = new Promise<string>((resolve) => {
    socket.addEventListener("message", ({ data }) => resolve(String(data)), { once: true });
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer to the upgrade")), patienceMs);
    socket.addEventListener("open", () => resolve({ socket, first }), { once: true });
    socket.addEventListener("error", () => reject(new Error("the upgrade was refused")), { once: true });
    for (const event of ["open", "error"]) socket.addEventListener(event, () => clearTimeout(timer));
  });
}

async function checkWebSocket(url: string): Promise<Finding[]> {
  const { socket, first } = await open(url);
  const packet = await within(patienceMs, first);
  socket.close();
  return [
    packet?.startsWith("0{")
      ? ok("websocket", "a WebSocket opens")
      : problem("websocket", `it opened, and then came ${packet ?? "nothing"}`, webSocketFix),
  ];
}

/** As browsers begin: polling first, then the same session moves to a WebSocket. */
async function checkUpgrade(url: string): Promise<Finding[]> {
  const { sid } = await handshake(url);
  const { socket, first } = await open(url, sid);
  socket.send("2probe");
  const packet = await within(patienceMs, first);
  socket.close();
  return [
    packet === "3probe"
      ? ok("upgrade", "a polling session moves to a WebSocket on its gateway")
      : problem("upgrade", `the probe was answered by ${packet ?? "nothing"}`, webSocketFix),
  ];
}

const idleFix =
  "every time-out between clients and gateways must exceed a ping interval and its time-out together (45 s): `timeout client`, `timeout server` and `timeout tunnel` of HAProxy, proxy_read_timeout of nginx, the idle time-out of a cloud's load balancer";

/** Waits for the server's ping on a connection that is silent otherwise. */
export async function checkIdle(url: string, serverKey: string): Promise<Finding[]> {
  const token = await mintToken(url, serverKey);
  const { socket, first } = await open(url);
  const { pingInterval, pingTimeout } = JSON.parse((await first).slice(1)) as Handshake;
  const closed = new Promise<"closed">((resolve) =>
    socket.addEventListener("close", () => resolve("closed")),
  );
  const ping = new Promise<"ping">((resolve) =>
    socket.addEventListener("message", ({ data }) => {
      if (String(data) === "2") resolve("ping");
    }),
  );
  // A gateway ends a connection that shows no token after ten seconds.
  socket.send(`40${JSON.stringify({ token })}`);
  const began = performance.now();
  const outcome = await within(pingInterval + pingTimeout, Promise.race([ping, closed]));
  const seconds = Math.round((performance.now() - began) / 1_000);
  socket.close();
  return [
    outcome === "ping"
      ? ok("idle connections", `the server's ping came after ${seconds} s`)
      : problem("idle connections", `${outcome ?? "no ping"} after ${seconds} s`, idleFix),
  ];
}

/** The one thing that the doctor writes: a person of its own, always the same. */
async function mintToken(url: string, serverKey: string): Promise<string> {
  const ask = async (method: string, path: string, body: object) => {
    const answer = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${serverKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patienceMs),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: is SERVER_KEY right?`);
    return (await answer.json()) as { data: { token: string } };
  };
  const userId = "parloir-doctor";
  await ask("PUT", `/api/users/${userId}`, { name: "Doctor" });
  return (await ask("POST", "/api/tokens", { userId, ttlSeconds: 120 })).data.token;
}

async function checkPrivatePaths(url: string): Promise<Finding[]> {
  const paths = ["/metrics", "/internal/heads", "/queues"];
  const answers = await Promise.all(paths.map(async (path) => (await get(new URL(path, url))).status));
  const open = paths.filter((_, index) => answers[index] !== 404);
  return [
    open.length === 0
      ? ok("private paths", `${paths.join(", ")} are not there`)
      : problem(
          "private paths",
          `${open.join(", ")} can be reached from outside`,
          "never route to a private port",
        ),
  ];
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  const outcome = await Promise.race([promise, late]);
  clearTimeout(timer);
  return outcome;
}
