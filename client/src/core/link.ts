import type { Command, CommandPayload } from "@parloir/contracts/commands.ts";
import { CodedError, type ErrorCode } from "@parloir/contracts/errors.ts";
import type { CommandAnswers, ServerEvent, ServerPayload } from "@parloir/contracts/events.ts";
import type { ConversationHead } from "@parloir/contracts/shapes.ts";
import type { Observable } from "./observable.ts";

/**
 * The way to the cluster, whatever carries it: a socket (socket.ts), REST polling where sockets are blocked
 * (polling.ts), or another tab's connection (tabs.ts). Everything above asks and listens here.
 */
export interface Link {
  readonly state: Observable<ConnectionState>;
  /**
   * Sends a command and waits for its ack.
   * @throws CodedError with the server's code, or UNAVAILABLE when there was no answer: for a send that means
   * «unknown», to be repeated with the same clientMessageId. Nothing is queued while offline.
   */
  request<C extends Command>(command: C, payload: CommandPayload<C>): Promise<CommandAnswers[C]>;
  listen(listener: (event: LinkEvent) => void): () => void;
  open(): void;
  /** Drops the connection, when there is one, and comes again at once. */
  reconnect(): void;
  close(): void;
}

export interface ConnectionState {
  status: "connecting" | "online" | "offline";
  /** What carries the traffic while online. */
  via: "socket" | "polling" | null;
  /** When this status began: milliseconds since 1970, by this machine's clock. */
  since: number;
  /** Why the last attempt was refused, when the server said so. */
  error: ErrorCode | null;
}

/** The state of a link that was just made. */
export function firstState(): ConnectionState {
  return { status: "connecting", via: null, since: Date.now(), error: null };
}

/** A connection that can be used from now on. It repeats after every reconnect. */
export interface Opening {
  userId: string;
  /** Null where the carrier cannot know it. */
  epoch: string | null;
  /** Null: not known here, read the list. */
  conversations: ConversationHead[] | null;
}

type PlainEvent = Exclude<ServerEvent, "ready">;

export type LinkEvent =
  | { [E in PlainEvent]: { event: E; payload: ServerPayload<E> } }[PlainEvent]
  | { event: "ready"; payload: Opening };

/** Nobody answered, which is not the same as an answer that says UNAVAILABLE: then the way itself is sound. */
export class NoAnswer extends CodedError {
  constructor(message: string, cause?: unknown) {
    super("UNAVAILABLE", message, { cause });
  }
}

/** Whatever was thrown, as one of the documented codes. */
export function asCodedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  return new CodedError("INTERNAL", error instanceof Error ? error.message : String(error), { cause: error });
}

export interface Listeners<Event> {
  listen(listener: (event: Event) => void): () => void;
  emit(event: Event): void;
}

export function createListeners<Event>(): Listeners<Event> {
  const all = new Set<(event: Event) => void>();
  return {
    listen(listener) {
      all.add(listener);
      return () => all.delete(listener);
    },
    emit(event) {
      for (const listener of [...all]) listener(event);
    },
  };
}

/** The next state; `since` moves only when the status does. */
export function nextState(
  present: ConnectionState,
  status: ConnectionState["status"],
  details: { via?: ConnectionState["via"]; error?: ErrorCode | null } = {},
): ConnectionState {
  const via = status === "online" ? (details.via ?? present.via) : null;
  const error = status === "online" ? null : (details.error ?? present.error);
  if (present.status === status && present.via === via && present.error === error) return present;
  return {
    status,
    via,
    error,
    since: present.status === status && present.since > 0 ? present.since : Date.now(),
  };
}
