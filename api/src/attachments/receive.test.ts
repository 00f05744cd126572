import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request } from "node:http";
import path from "node:path";
import { CodedError } from "@parloir/contracts/errors.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import { closeServer, listen } from "@parloir/platform/private-server.ts";
import { afterAll, describe, expect, it } from "vitest";
import { type ReceiveLimits, receiveFile } from "./receive.ts";

const folder = await temporaryFolder();
let take: (request: IncomingMessage) => Promise<void>;
const server = createServer((incoming, response) => void take(incoming).then(() => response.end()));
const port = await listen(server, 0, "127.0.0.1");
afterAll(async () => {
  server.closeAllConnections();
  await closeServer(server);
  await folder.remove();
});

const usual: ReceiveLimits = { maxBytes: 1_000, idleMs: 30_000, totalMs: 30_000 };
let count = 0;

/** What becomes of a body that `write` sends by hand. Answers the code of a refusal, or what was received. */
async function outcome(
  write: (send: (text: string) => void, end: () => void, abort: () => void) => void,
  { limits = {}, file }: { limits?: Partial<ReceiveLimits>; file?: string } = {},
) {
  const target = file ?? path.join(folder.dir, `upload-${++count}`);
  const arrived = Promise.withResolvers<void>();
  const result = new Promise<unknown>((resolve) => {
    take = (incoming) => {
      arrived.resolve();
      return receiveFile(incoming, target, { ...usual, ...limits }).then(resolve, (error: unknown) =>
        resolve(error instanceof CodedError ? error.code : error),
      );
    };
  });
  const headers = { "content-type": "multipart/form-data; boundary=b" };
  const client = request({ port, host: "127.0.0.1", method: "POST", headers });
  client.on("error", () => undefined);
  write(
    (text) => void client.write(text),
    () => void client.end(),
    () => void arrived.promise.then(() => client.destroy()),
  );
  const received = await result;
  client.destroy();
  return { received, target };
}

const part = (name: string, content: string, filename = "a.txt") =>
  `--b\r\ncontent-disposition: form-data; name="${name}"; filename="${filename}"\r\n\r\n${content}\r\n`;
const last = "--b--\r\n";

describe("a multipart body", () => {
  it("gives its one file, however it is cut into pieces", async () => {
    const body = part("file", "hello\r\n--not a boundary") + last;
    for (const size of [1, 3, body.length]) {
      const { received, target } = await outcome((send, end) => {
        for (let at = 0; at < body.length; at += size) send(body.slice(at, at + size));
        end();
      });
      expect(received).toEqual({ claimedName: "a.txt", size: 23 });
      expect(await readFile(target, "utf8")).toBe("hello\r\n--not a boundary");
    }
  });

  it("may have exactly the most bytes, and not one more", async () => {
    const exactly = await outcome((send, end) => {
      send(part("file", "x".repeat(1_000)) + last);
      end();
    });
    expect(exactly.received).toMatchObject({ size: 1_000 });
    const more = await outcome((send, end) => {
      send(part("file", "x".repeat(1_001)) + last);
      end();
    });
    expect(more.received).toBe("TOO_LARGE");
  });

  it.each([
    ["without a part", last],
    ["without anything", ""],
    ["with an empty file", part("file", "") + last],
    ["with another name", part("photo", "x") + last],
    ["with an empty name", part("", "x") + last],
    ["with two files", part("file", "x") + part("file", "y") + last],
    [
      "with a field",
      `${part("file", "x")}--b\r\ncontent-disposition: form-data; name="role"\r\n\r\nadmin\r\n${last}`,
    ],
    ["that ends in the middle", part("file", "x").slice(0, -2)],
    ["with another boundary", part("file", "x").replaceAll("--b", "--c")],
    [
      "with a part that has no name",
      `--b\r\ncontent-disposition: form-data; filename="x"\r\n\r\nx\r\n${last}`,
    ],
    ["with headers without end", `--b\r\n${"x: y\r\n".repeat(20_000)}`],
  ])("%s is INVALID", async (_, body) => {
    const { received } = await outcome((send, end) => {
      if (body !== "") send(body);
      end();
    });
    expect(received).toBe("INVALID");
  });

  it("that breaks off is INVALID, and nobody waits for it", async () => {
    const { received } = await outcome((send, _end, abort) => {
      send(part("file", "x".repeat(100)).slice(0, -2));
      abort();
    });
    expect(received).toBe("INVALID");
  });

  it.each([
    ["stands still", { idleMs: 50 }],
    ["takes too long in all", { totalMs: 50 }],
  ])("that %s is given up", async (_, limits) => {
    const { received } = await outcome((send) => send(part("file", "x").slice(0, -2)), { limits });
    expect(received).toBe("UNAVAILABLE");
  });

  // A device of the kernel's: every write to it says that there is no room.
  it.runIf(process.platform === "linux")("for which the disk has no room is STORAGE_FULL", async () => {
    const { received } = await outcome(
      (send, end) => {
        send(part("file", "x") + last);
        end();
      },
      { file: "/dev/full" },
    );
    expect(received).toBe("STORAGE_FULL");
  });
});
