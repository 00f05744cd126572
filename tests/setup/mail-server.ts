import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

/** An SMTP server that keeps what it is sent. */
export interface MailServer {
  url: string;
  letters: { from: string; to: string[]; data: string }[];
  /** Answers every recipient with this from now on. */
  answer: (line: string) => void;
  stop: () => Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
  const letters: MailServer["letters"] = [];
  const sockets = new Set<Socket>();
  let recipientAnswer = "250 ok";
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined); // a client that is gone is no matter
    const say = (line: string) => socket.write(`${line}\r\n`);
    let letter = { from: "", to: [] as string[], data: "" };
    let isData = false;
    say("220 test");
    createInterface({ input: socket }).on("line", (line) => {
      if (isData && line !== ".") {
        letter.data += `${line}\n`;
        return;
      }
      const verb = isData ? "." : line.slice(0, 4).toUpperCase();
      if (verb === ".") {
        isData = false;
        letters.push(letter);
        letter = { from: "", to: [], data: "" };
        say("250 taken");
      } else if (verb === "MAIL") {
        letter = { from: line, to: [], data: "" };
        say("250 ok");
      } else if (verb === "RCPT") {
        letter.to.push(/<(.*)>/.exec(line)?.[1] ?? line);
        say(recipientAnswer);
      } else if (verb === "DATA") {
        isData = true;
        say("354 go on");
      } else if (verb === "QUIT") {
        say("221 bye");
        socket.end();
      } else say("250 ok");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `smtp://127.0.0.1:${port}`,
    letters,
    answer(line) {
      recipientAnswer = line;
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
