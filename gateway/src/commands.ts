import {
  automaticCommands,
  type Command,
  commandSchemas,
  volatileCommands,
} from "@parloir/contracts/commands.ts";
import { CodedError, errorBody } from "@parloir/contracts/errors.ts";
import { type Ack, typingAliases } from "@parloir/contracts/events.ts";
import { isCanary, rooms } from "@parloir/contracts/ids.ts";
import { parse } from "@parloir/contracts/parse.ts";
import type { TokenBuckets } from "@parloir/platform/token-bucket.ts";
import type { GatewayContext, GatewaySocket } from "./context.ts";
import { handlers } from "./handlers/handlers.ts";

/**
 * The one way into a handler: known event, schema, rate, catch, ack. Whatever a client sends, it gets a coded
 * answer and the process goes on.
 */
export function acceptCommands(gateway: GatewayContext, socket: GatewaySocket): void {
  socket.onAny((event: unknown, ...args: unknown[]) => void answer(gateway, socket, event, args));
}

async function answer(
  gateway: GatewayContext,
  socket: GatewaySocket,
  event: unknown,
  args: unknown[],
): Promise<void> {
  const last = args.at(-1);
  const ack = typeof last === "function" ? (last as (answer: Ack<unknown>) => void) : ignore;
  const command = resolveCommand(event, typeof last === "function" ? args.slice(0, -1) : args);
  const count = countOf(gateway, socket);
  socket.data.underWay += 1;
  try {
    const data = await run(gateway, socket, command.name, command.payload);
    count({ event: command.name ?? "unknown", outcome: "ok" });
    ack({ ok: true, data });
  } catch (error) {
    const coded = codedOf(gateway, command.name, error);
    count({ event: command.name ?? "unknown", outcome: coded.code });
    ack({ ok: false, error: errorBody(coded) });
    if (coded.code === "RATE_LIMITED") countRefusal(gateway, socket);
  } finally {
    socket.data.underWay -= 1;
    socket.data.answeredAt = performance.now();
    // Behind the ack on the wire: see drain.ts.
    if (socket.data.leaving && socket.data.underWay === 0) socket.conn.close();
  }
}

const ignore = () => undefined;

function countOf(gateway: GatewayContext, socket: GatewaySocket) {
  const commands = gateway.metrics.get("parloir_commands_total");
  return (labels: { event: string; outcome: string }) => {
    if (!isCanary(socket.data.user.userId)) commands.inc(labels);
  };
}

function resolveCommand(event: unknown, args: unknown[]): { name: Command | null; payload: unknown } {
  const payload = args[0];
  if (typeof event !== "string") return { name: null, payload };
  if (Object.hasOwn(typingAliases, event)) return { name: "typing", payload: aliasPayload(event, payload) };
  return { name: Object.hasOwn(commandSchemas, event) ? (event as Command) : null, payload };
}

function aliasPayload(alias: string, payload: unknown): unknown {
  const isTyping = typingAliases[alias as keyof typeof typingAliases];
  return typeof payload === "object" && payload !== null ? { ...payload, isTyping } : payload;
}

async function run(gateway: GatewayContext, socket: GatewaySocket, name: Command | null, payload: unknown) {
  const { userId } = socket.data.user;
  if (name === null) {
    spend(gateway.limits.events.take(userId));
    throw new CodedError("UNKNOWN_EVENT", "no such event");
  }
  if (name === "typing" && gateway.limits.typing.take(userId) > 0) {
    countRefusal(gateway, socket);
    return {};
  }
  if (!volatileCommands.has(name)) spend(bucketOf(gateway, socket, name, payload).take(userId));
  if (!automaticCommands.has(name)) gateway.presence.active(userId);
  const handler = handlers[name] as (g: GatewayContext, s: GatewaySocket, p: unknown) => Promise<unknown>;
  return handler(gateway, socket, parse(commandSchemas[name], payload));
}

function bucketOf(
  gateway: GatewayContext,
  socket: GatewaySocket,
  name: Command,
  payload: unknown,
): TokenBuckets {
  if (name === "send_message") return gateway.limits.sends;
  if (name === "heartbeat") return gateway.limits.heartbeats;
  if (name === "start_call") return gateway.limits.calls;
  if (name === "signal_call" || name === "join_call") return gateway.limits.signals;
  if (name !== "join_conversation") return gateway.limits.events;
  const { conversationId } = (payload ?? {}) as { conversationId?: unknown };
  // What was joined automatically may be opened as often as people switch between threads.
  const isJoined = typeof conversationId === "string" && socket.rooms.has(rooms.conversation(conversationId));
  return isJoined ? gateway.limits.events : gateway.limits.joins;
}

function spend(retryAfterMs: number): void {
  if (retryAfterMs > 0) throw new CodedError("RATE_LIMITED", "too fast", { retryAfterMs });
}

function codedOf(gateway: GatewayContext, name: Command | null, error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  gateway.log.error({ err: error, event: name }, "a command failed");
  return new CodedError("INTERNAL", "an internal error", { cause: error });
}

const floodWindowMs = 10_000;
const floodRefusals = 200;

/** Refusing costs as well: who goes on after this many refusals in a window is no client but a flood. */
function countRefusal(gateway: GatewayContext, socket: GatewaySocket): void {
  const now = performance.now();
  if (now - socket.data.refusedSince > floodWindowMs) {
    socket.data.refusedSince = now;
    socket.data.refusedCommands = 0;
  }
  socket.data.refusedCommands += 1;
  if (socket.data.refusedCommands < floodRefusals) return;
  gateway.metrics.get("parloir_connections_cut_total").inc({ reason: "flood" });
  socket.conn.close(true);
}
