import { CodedError, type ErrorBody, isErrorCode } from "@parloir/contracts/errors.ts";
import type { Ack, Ready } from "@parloir/contracts/events.ts";
import { io, type Socket } from "socket.io-client";
import { maxRetryDelayMs, retryDelay } from "./backoff.ts";
import { createListeners, firstState, type Link, type LinkEvent, NoAnswer, nextState } from "./link.ts";
import { createCell } from "./observable.ts";
import type { Tokens } from "./token.ts";
import { keepTokenFresh } from "./token-refresh.ts";

export type Transport = "websocket" | "polling" | "webtransport";

interface SocketLinkOptions {
  url: string;
  tokens: Tokens;
  transports?: Transport[] | undefined;
  /** Without an ack by then the outcome is unknown. */
  ackTimeoutMs?: number | undefined;
}

/** Acks still under way when a gateway drains get this long before the socket moves. */
const drainGraceMs = 2_000;

/** One Socket.IO connection that comes back for ever. */
export function createSocketLink(options: SocketLinkOptions): Link {
  const { tokens, ackTimeoutMs = 10_000 } = options;
  const state = createCell(firstState());
  const events = createListeners<LinkEvent>();
  const refresh = keepTokenFresh(tokens, (token) => link.request("refresh_token", { token }));
  let usedToken: string | undefined;
  let refusals = 0;
  let comeback: ReturnType<typeof setTimeout> | undefined;
  let wanted = false;
  let inFlight = 0;

  const socket: Socket = io(options.url, {
    path: "/socket.io",
    // WebSocket first: one connection, no upgrade. Where it is blocked, long polling is tried at once.
    transports: options.transports ?? ["websocket", "polling"],
    tryAllTransports: true,
    autoConnect: false,
    forceNew: true,
    reconnectionAttempts: Number.POSITIVE_INFINITY,
    reconnectionDelay: 500,
    reconnectionDelayMax: maxRetryDelayMs,
    randomizationFactor: 0.5,
    auth: (present) => {
      tokens.current().then(
        (token) => {
          usedToken = token;
          present({ token });
        },
        // Nothing to say to the server without a token: end the transport, the manager comes back with backoff.
        () => socket.io.engine?.close(),
      );
    },
  });

  function lost(error?: ErrorBody["code"]): void {
    refresh.stop();
    // A first attempt under way stays «connecting» until it fails.
    state.update((present) => nextState(present, "offline", error === undefined ? {} : { error }));
  }

  /** The manager retries a broken transport by itself, but not a refusal or a server's goodbye: that is for us. */
  function comeBack(atLeastMs = 0): void {
    clearTimeout(comeback);
    if (wanted) comeback = setTimeout(() => socket.connect(), retryDelay(refusals++, atLeastMs));
  }

  socket.on("connect_error", (error: Error & { data?: Partial<ErrorBody> }) => {
    const code = isErrorCode(error.data?.code) ? error.data.code : undefined;
    lost(code);
    if (socket.active) return;
    if (code === "TOKEN_EXPIRED" || code === "UNAUTHENTICATED") {
      // At once only for the first refusal: a server that refuses fresh tokens too is not to be hammered.
      const atOnce = refusals++ === 0;
      tokens.renew(usedToken).then(
        () => {
          if (!atOnce) comeBack();
          else if (wanted) socket.connect();
        },
        () => comeBack(),
      );
    } else comeBack(error.data?.retryAfterMs);
  });

  socket.on("disconnect", (reason) => {
    lost();
    if (reason === "io server disconnect") comeBack();
  });

  socket.on("ready", (ready: Ready) => {
    refusals = 0;
    refresh.schedule(ready.expiresAt);
    state.update((present) => nextState(present, "online", { via: "socket" }));
    events.emit({
      event: "ready",
      payload: { userId: ready.userId, epoch: ready.epoch, conversations: ready.conversations },
    });
  });

  socket.on("server_draining", ({ reconnectInMs }: { reconnectInMs: number }) => {
    clearTimeout(comeback);
    comeback = setTimeout(() => moveWhenIdle(Date.now() + drainGraceMs), reconnectInMs);
  });

  socket.onAny((event: string, payload: unknown) => {
    if (event !== "ready") events.emit({ event, payload } as LinkEvent);
  });

  function moveWhenIdle(deadline: number): void {
    if (inFlight > 0 && Date.now() < deadline) comeback = setTimeout(() => moveWhenIdle(deadline), 50);
    else link.reconnect();
  }

  const link: Link = {
    state,
    listen: events.listen,
    async request(command, payload) {
      // Socket.IO would keep the packet for later: then a retry and the kept one would both be sent.
      if (!socket.connected) throw new NoAnswer("offline");
      if (command === "typing") {
        socket.volatile.emit(command, payload);
        return {} as never;
      }
      inFlight++;
      try {
        const answer = (await socket.timeout(ackTimeoutMs).emitWithAck(command, payload)) as Ack<never>;
        if (answer?.ok) return answer.data;
        throw errorOf(answer);
      } catch (error) {
        throw error instanceof CodedError ? error : new NoAnswer("no ack", error);
      } finally {
        inFlight--;
      }
    },
    open() {
      wanted = true;
      socket.connect();
    },
    reconnect() {
      if (!wanted) return;
      clearTimeout(comeback);
      // disconnect + connect rather than closing the engine: it also ends a wait of up to 30 s.
      socket.disconnect();
      socket.connect();
    },
    close() {
      wanted = false;
      clearTimeout(comeback);
      refresh.stop();
      socket.disconnect();
    },
  };
  return link;
}

function errorOf(answer: { error?: Partial<ErrorBody> } | undefined): CodedError {
  const { code, message = "refused", retryAfterMs } = answer?.error ?? {};
  return new CodedError(
    isErrorCode(code) ? code : "INTERNAL",
    message,
    retryAfterMs === undefined ? {} : { retryAfterMs },
  );
}
