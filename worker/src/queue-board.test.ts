import { createServer } from "node:http";
import { closeServer, listen } from "@parloir/platform/private-server.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createQueueBoard } from "./queue-board.ts";

/** Without queues: what is ours is who gets in. */
const server = createServer(createQueueBoard([], "the password"));
let url: string;
beforeAll(async () => {
  url = `http://127.0.0.1:${await listen(server, 0, "127.0.0.1")}/queues/`;
});
afterAll(() => closeServer(server));

const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
const status = async (headers: Record<string, string>, path = "") =>
  (await fetch(`${url}${path}`, { headers })).status;

describe("the queue board", () => {
  it.each<[string, string, number]>([
    ["the password, whatever the name", basic("sam:the password"), 200],
    ["another password", basic("sam:the passwort"), 401],
    ["none", basic("sam:"), 401],
    ["no colon", basic("the password"), 401],
    ["another scheme", "Bearer the password", 401],
    ["rubbish", "Basic \u00ff", 401],
  ])("with %s", async (_, authorization, expected) => {
    expect(await status({ authorization })).toBe(expected);
    expect(await status({ authorization }, "api/queues")).toBe(expected);
  });

  it("asks a browser for it", async () => {
    const response = await fetch(url);
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([
      401,
      'Basic realm="queues", charset="UTF-8"',
    ]);
  });

  it("does nothing for the page of another site, also with the password", async () => {
    const authorization = basic("sam:the password");
    expect(await status({ authorization, "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await status({ authorization, "sec-fetch-site": "same-origin" })).toBe(200);
  });
});
