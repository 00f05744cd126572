/** "Does it serve?", asked without a driver, so that the launcher depends on none. */
import http from "node:http";
import net from "node:net";
import tls from "node:tls";

const TIMEOUT_MS = 2_000;

/** The status of a GET, or null when nobody answers. */
export function httpStatus(url: string): Promise<number | null> {
  return new Promise((resolve) => {
    const request = http.get(url, { agent: false, timeout: TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode ?? null);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(null));
  });
}

export type PostgresState = "ready" | "starting" | "absent";

/**
 * Opens a session as far as the first answer. "R" asks for authentication, so it serves; an error with
 * SQLSTATE 57P03 means it is starting, recovering or ending.
 */
export async function postgresState(url: string): Promise<PostgresState> {
  const { hostname, port } = new URL(url);
  const parameters = ["user", "parloir", "database", "postgres", ""].map((text) => `${text}\0`).join("");
  const packet = Buffer.alloc(8 + Buffer.byteLength(parameters));
  packet.writeInt32BE(packet.length, 0);
  packet.writeInt32BE(196_608, 4); // protocol 3.0
  packet.write(parameters, 8);
  const answer = await exchange(
    net.connect(Number(port || 5432), bare(hostname)),
    packet,
    (got) => got.length > 0,
  );
  if (answer === null || answer.length === 0) return "absent";
  return answer.startsWith("E") && answer.includes("C57P03") ? "starting" : "ready";
}

/** What INFO says of the server, or null when it does not serve (also while it loads its data). */
export async function redisInfo(url: string): Promise<string | null> {
  const { protocol, hostname, port, username, password } = new URL(url);
  const address = { host: bare(hostname), port: Number(port || 6379) };
  const socket =
    protocol === "rediss:" ? tls.connect({ ...address, servername: address.host }) : net.connect(address);
  const login =
    password === ""
      ? []
      : [command("AUTH", decodeURIComponent(username || "default"), decodeURIComponent(password))];
  const request = [...login, command("PING"), command("INFO", "server")].join("");
  const answer = await exchange(socket, request, (got) => /redis_version|\r\n-|^-/.test(got));
  return answer?.includes("+PONG") && answer.includes("redis_version") ? answer : null;
}

/** The version of a Redis by its URL, or null when it does not answer. */
export async function redisVersion(url: string): Promise<string | null> {
  return (await redisInfo(url))?.match(/redis_version:(\S+)/)?.[1] ?? null;
}

function command(...words: string[]): string {
  return [`*${words.length}`, ...words.flatMap((word) => [`$${Buffer.byteLength(word)}`, word]), ""].join(
    "\r\n",
  );
}

function exchange(
  socket: net.Socket,
  request: string | Buffer,
  isComplete: (got: string) => boolean,
): Promise<string | null> {
  return new Promise((resolve) => {
    let got = "";
    const end = (result: string | null) => {
      resolve(result);
      socket.destroy();
    };
    socket.setTimeout(TIMEOUT_MS, () => end(null));
    socket.on("error", () => end(null));
    socket.on("close", () => end(got));
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1");
      if (isComplete(got)) end(got);
    });
    socket.write(request);
  });
}

/** URLs write IPv6 addresses in brackets, sockets do not. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
