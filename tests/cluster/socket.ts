import type { Command } from "@parloir/contracts/commands.ts";
import type { Ack, CommandAnswers, Ready, ServerEvent, ServerPayload } from "@parloir/contracts/events.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { ackProblem, eventProblem } from "../setup/contracts.ts";
import { deadlineMs } from "../setup/waiting.ts";

export type SocketSettings = Partial<ManagerOptions & SocketOptions>;

export interface ReceivedEvent {
  event: string;
  payload: unknown;
}

const checkedOfAKind = 20;

/** One client socket that remembers everything it was sent, so that no event can come «too early» for a test. */
export class TestSocket {
  readonly raw: Socket;
  readonly received: ReceivedEvent[] = [];
  /** Events that do not have their documented shape. */
  readonly misshapen: string[] = [];
  private readonly waiting = new Set<() => void>();
  private readonly checked = new Map<string, number>();

  constructor(url: string, token: string | undefined, settings: SocketSettings = {}) {
    this.raw = io(url, {
      auth: { token },
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
      ...settings,
    });
    this.raw.onAny((event: string, payload: unknown) => this.record(event, payload));
    // What the library itself announces stands in the same record.
    this.raw.on("connect_error", (error) => this.record("connect_error", error));
    this.raw.on("disconnect", (reason) => this.record("disconnect", reason));
  }

  private record(event: string, payload: unknown): void {
    this.received.push({ event, payload });
    if (this.isToBeChecked(event)) {
      const problem = eventProblem(event, payload);
      if (problem) this.misshapen.push(problem);
    }
    for (const look of [...this.waiting]) look();
  }

  /**
   * The first of a kind: in a burst of thousands the rest look alike, and checking them would take the event loop from
   * the processes under test, which share it.
   */
  private isToBeChecked(kind: string): boolean {
    const seen = this.checked.get(kind) ?? 0;
    this.checked.set(kind, seen + 1);
    return seen < checkedOfAKind;
  }

  /** Resolves when `find` finds something in what was received, now or later. */
  private until<T>(what: () => string, find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = () => {
        try {
          const found = find();
          if (found === undefined) return;
          resolve(found);
        } catch (error) {
          reject(error);
        }
        this.waiting.delete(look);
        clearTimeout(timer);
      };
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        reject(new Error(`${what()} did not come; received: ${this.summary()}`));
      }, deadlineMs);
      this.waiting.add(look);
      look();
    });
  }

  private summary(): string {
    const counts = new Map<string, number>();
    for (const { event } of this.received) counts.set(event, (counts.get(event) ?? 0) + 1);
    return JSON.stringify(Object.fromEntries(counts));
  }

  /** The first event of this name that fits, whether it came before the call or comes after. */
  waitFor<E extends ServerEvent>(
    event: E,
    fits: (payload: ServerPayload<E>) => boolean = () => true,
  ): Promise<ServerPayload<E>> {
    return this.until(
      () => event,
      () => this.all(event).find(fits),
    );
  }

  /** Resolves with the messages of a conversation once `count` of them have been received. */
  async messages(conversationId: string, count: number): Promise<Message[]> {
    const own = () => this.messagesSoFar(conversationId);
    return this.until(
      () => `${count} messages of ${conversationId} (${own().length} came)`,
      () => (own().length >= count ? own() : undefined),
    );
  }

  messagesSoFar(conversationId: string): Message[] {
    return this.all("new_message").filter((message) => message.conversationId === conversationId);
  }

  all<E extends ServerEvent>(event: E): ServerPayload<E>[] {
    return this.received.flatMap((each) => (each.event === event ? [each.payload as ServerPayload<E>] : []));
  }

  ready(): Promise<Ready> {
    return this.until(
      () => "ready",
      () => {
        const refused = this.received.find(({ event }) => event === "connect_error");
        if (refused)
          throw new Error(`refused: ${JSON.stringify((refused.payload as { data?: unknown }).data)}`);
        return this.all("ready").at(-1);
      },
    );
  }

  /** The `data` of the `connect_error` that refuses this handshake. */
  async refusal(): Promise<unknown> {
    const error = await this.until(
      () => "connect_error",
      () => this.received.find(({ event }) => event === "connect_error")?.payload as { data?: unknown },
    );
    return error.data;
  }

  /** Resolves with the reason when the connection has ended. */
  async disconnected(): Promise<string> {
    return this.until(
      () => "disconnect",
      () => this.received.find(({ event }) => event === "disconnect")?.payload as string | undefined,
    );
  }

  /** Sends a command and resolves with its ack, whatever it says. */
  emit<C extends Command>(command: C, payload: unknown): Promise<Ack<CommandAnswers[C]>> {
    return this.raw.timeout(deadlineMs).emitWithAck(command, payload) as Promise<Ack<CommandAnswers[C]>>;
  }

  /** Sends a command that must succeed; resolves with its data. */
  async ok<C extends Command>(command: C, payload: unknown): Promise<CommandAnswers[C]> {
    const ack = await this.emit(command, payload);
    if (!ack.ok) throw new Error(`${command}: ${ack.error.code} ${ack.error.message}`);
    const problem = this.isToBeChecked(`ack ${command}`) ? ackProblem(command, ack.data) : null;
    if (problem) throw new Error(problem);
    return ack.data;
  }

  /** Sends a command that must be refused; resolves with the error. */
  async refused(command: string, payload: unknown) {
    const ack = await this.emit(command as Command, payload);
    if (ack.ok) throw new Error(`${command} was not refused: ${JSON.stringify(ack.data)}`);
    return ack.error;
  }

  close(): void {
    this.raw.close();
  }
}
