import { type LightSocket, openSocket } from "@parloir/bench/load/light-socket.ts";
import type { Ack, SyncAnswer } from "@parloir/contracts/events.ts";
import type { HostPerson } from "./host.ts";
import { sleep } from "./watching.ts";

const silent = { onEvent: () => undefined, onAck: () => undefined };

/** A light client that comes back when its connection ends, and then asks for what it missed. */
export class Returning {
  returns = 0;
  isBack = false;
  private readonly url: string;
  private readonly person: HostPerson;
  private readonly conversationId: string;
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
        this.socket = await openSocket(this.url, this.person.token, silent);
        const cursors = { [this.conversationId]: 0 };
        const answer = (await this.socket.call("sync", { cursors })) as Ack<SyncAnswer>;
        if (!answer.ok) throw new Error(`sync: ${answer.error.code}`);
        break;
      } catch {
        this.socket?.close();
        await sleep((0.5 + Math.random()) * Math.min(5_000, 500 * 2 ** attempt));
      }
    }
    this.isBack = true;
    void this.watch();
  }

  private async watch(): Promise<void> {
    while (this.isOpen) await sleep(100);
    if (this.left) return;
    this.isBack = false;
    this.returns += 1;
    await sleep(Math.random() * 1_000);
    await this.come();
  }
}
