import net from "node:net";
import { expect } from "vitest";
import WebSocket from "ws";
import type { Cluster, TestPerson } from "../cluster/cluster.ts";
import { deadlineMs } from "../setup/waiting.ts";

/** A WebSocket that speaks Engine.IO and Socket.IO by hand, so that it can also say what no client would. */
export class RawSocket {
  readonly ws: WebSocket;
  readonly frames: string[] = [];
  private readonly closing: Promise<number>;
  private look: () => void = () => undefined;

  constructor(url: string, query = "EIO=4&transport=websocket", headers: Record<string, string> = {}) {
    this.ws = new WebSocket(`${url.replace("http", "ws")}/socket.io/?${query}`, { headers });
    this.ws.on("message", (data) => {
      this.frames.push(String(data));
      // A client that does not answer pings is closed for that, and not for what is tested.
      if (String(data) === "2") this.ws.send("3");
      this.look();
    });
    this.ws.on("error", () => undefined);
    this.closing = new Promise((resolve) => this.ws.once("close", (code) => resolve(code)));
  }

  /** Resolves with the first frame that begins like this. */
  frame(beginning: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no frame ${beginning}…; came: ${this.frames.join(" ").slice(0, 500)}`));
      }, deadlineMs);
      this.look = () => {
        const found = this.frames.find((frame) => frame.startsWith(beginning));
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      };
      this.look();
    });
  }

  /** Resolves with the close code. */
  closed(): Promise<number> {
    return within(this.closing, "the connection to close");
  }

  send(frame: string | Buffer): void {
    this.ws.send(frame);
  }
}

/** Connected as somebody, `ready` has come. */
export async function rawSocketOf(url: string, person: TestPerson): Promise<RawSocket> {
  const socket = new RawSocket(url);
  await socket.frame("0");
  socket.send(`40${JSON.stringify({ token: person.token })}`);
  await socket.frame('42["ready"');
  return socket;
}

/** Writes bytes to a port and answers with all that comes back until the other side closes. */
export function rawRequest(port: number, bytes: string | Buffer): Promise<string> {
  const answer = new Promise<string>((resolve) => {
    let got = "";
    const socket = net.connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1");
    });
    socket.on("error", () => resolve(got));
    socket.on("close", () => resolve(got));
  });
  return within(answer, "the other side to close");
}

function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), deadlineMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** No path, no line, no name of a source file of ours or of a library leaves the process. */
export function expectNoTrace(text: string): void {
  expect(text).not.toMatch(
    /\bat .+:\d+:\d+|node_modules|\.(ts|js):\d+|Error: |SELECT |INSERT |violates|syntax error/,
  );
}

/** Two people who keep talking, to see that what happens to others does not reach them. */
export async function bystanders(cluster: Cluster) {
  const [ana, ben] = [await cluster.person("calm-ana"), await cluster.person("calm-ben")];
  const { id } = await cluster.conversation(ana, ben);
  const sockets = await Promise.all([ana, ben].map((person) => cluster.socket(person)));
  const [sender, reader] = sockets as [(typeof sockets)[0], (typeof sockets)[0]];
  let sent = 0;
  return {
    /** Every process answers, and a message still travels between clients that were connected all along. */
    async expectUnharmed(): Promise<void> {
      sent += 1;
      expect((await cluster.send(sender, id, `still here ${sent}`)).seq).toBe(sent);
      expect((await reader.messages(id, sent)).at(-1)?.content).toBe(`still here ${sent}`);
      for (const { url } of [...cluster.gateways, ...cluster.apis]) {
        expect((await fetch(`${url}/livez`)).status).toBe(200);
      }
      expect(sender.received.concat(reader.received).filter(({ event }) => event === "disconnect")).toEqual(
        [],
      );
      // Emptied, so that one failure does not count against the tests after it.
      expect(cluster.errors.splice(0)).toEqual([]);
    },
  };
}
