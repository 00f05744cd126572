import { type LightSocket, openSocket } from "@parloir/bench/load/light-socket.ts";
import type { Ack, SyncAnswer } from "@parloir/contracts/events.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import type { HostPerson } from "./host.ts";
import { sleep } from "./watching.ts";

/** A light client that comes back when its connection ends, and then asks for what it missed. */
export class Returning {
  readonly conversationId: string;
  returns = 0;
  isBack = false;
  /** The last message of an unbroken row. */
  seq = 0;
  private readonly url: string;
  private readonly person: HostPerson;
  private socket: LightSocket | undefined;
  private left = false;

  constructor(url: string, person: HostPerson, conversationId: string) {
    this.url = url;
    this.person = person;
    this.conversationId = conversationId;
  }

  get isOpen(): boolean {
    return this.socket?.isOpen === true;
  }

  leave(): void {
    this.left = true;
    this.socket?.close();
  }

  /** Until it is in and has what it missed, with the pauses of Socket.IO's own client; then it watches itself. */
  async come(): Promise<void> {
    for (let attempt = 0; !this.left; attempt++) {
      try {
        this.socket = await openSocket(this.url, this.person.token, {
          onEvent: (name, json) => this.hear(name, json),
          onAck: () => undefined,
        });
        await this.sync(this.socket);
        break;
      } catch {
        this.socket?.close();
        await sleep((0.5 + Math.random()) * Math.min(5_000, 500 * 2 ** attempt));
      }
    }
    this.isBack = true;
    void this.watch();
  }

  private async sync(socket: LightSocket): Promise<void> {
    const cursors = { [this.conversationId]: this.seq };
    const answer = (await socket.call("sync", { cursors })) as Ack<SyncAnswer>;
    if (!answer.ok) throw new Error(`sync: ${answer.error.code}`);
    for (const message of answer.data.conversations[0]?.messages ?? []) this.take(message);
  }

  private hear(event: string, json: string): void {
    if (event === "new_message") this.take((JSON.parse(json) as [string, Message])[1]);
  }

  private take({ seq }: Message): void {
    if (seq === this.seq + 1) this.seq = seq;
  }

  private async watch(): Promise<void> {
    await this.socket?.closed;
    if (this.left) return;
    this.isBack = false;
    this.returns += 1;
    await sleep(Math.random() * 1_000);
    await this.come();
  }
}
