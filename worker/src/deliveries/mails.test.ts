import { randomUUID } from "node:crypto";
import { createDatabase, type Database } from "@parloir/store/database.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MailServer, startMailServer } from "../../../tests/setup/mail-server.ts";
import { createPost, type Post } from "./mails.ts";

let server: MailServer;
let post: Post;
let unused: Database;
beforeAll(async () => {
  server = await startMailServer();
  // With a server of mail nothing is put into a database.
  const url = "postgresql://127.0.0.1:1/none";
  unused = createDatabase({ url, poolSize: 1, applicationName: "x", onError: () => undefined });
  const mail = {
    smtpUrl: server.url,
    from: "Chat <chat@host.example>",
    afterSeconds: 1,
    conversationUrl: "",
  };
  post = createPost(unused, mail);
});
afterAll(async () => {
  post.close();
  await unused.close();
  await server.stop();
});

const letter = (address: string) => ({
  id: randomUUID(),
  userId: "ben",
  address,
  subject: "2 unread messages",
  content: "Ana:\n    Grüße\n.\nand so on",
});

describe("a letter", () => {
  it("goes to one address, with the ledger's id and the sender's domain", async () => {
    const sent = letter("ben@host.example");
    await post.send(sent);
    const [kept] = server.letters as [MailServer["letters"][number]];
    expect(kept.to).toEqual(["ben@host.example"]);
    const head = kept.data.split("\n\n")[0]!;
    expect(head).toMatch(new RegExp(`^Message-ID: <${sent.id}@host.example>$`, "im"));
    expect(head).toMatch(/^From: Chat <chat@host.example>$/m);
    expect(head).toMatch(/^Subject: 2 unread messages$/m);
    expect(head).toMatch(/^Auto-Submitted: auto-generated$/im);
  });

  it.each([
    "a@b.example, c@d.example",
    "a@b.example\r\nRCPT TO:<c@d.example>",
    "a@b.example>\r\nBcc: c@d.example",
  ])("never goes to a second address: %j", async (address) => {
    const before = server.letters.length;
    await post.send(letter(address)).catch(() => undefined);
    for (const { to } of server.letters.slice(before)) expect(to).toHaveLength(1);
    expect(server.letters.slice(before).flatMap(({ to }) => to)).not.toContain("c@d.example");
  });

  it.each([
    ["452 later", 452],
    ["550 nobody here", 550],
  ])("that is answered %s fails with that status", async (line, responseCode) => {
    server.answer(line);
    await expect(post.send(letter("ben@host.example"))).rejects.toMatchObject({ responseCode });
    server.answer("250 ok");
  });
});
