import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import express, { type Router } from "express";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serverKey, startCluster } from "./cluster/cluster.ts";

/** The code of `docs/recipes/`: all of it compiles, and the server's half works against a live cluster. */
const root = path.resolve(import.meta.dirname, "..");
const recipes = path.join(root, "docs/recipes");
const cluster = await startCluster({ gateways: 1, apis: 1, balancer: true });
Object.assign(process.env, { PARLOIR_URL: cluster.url, PARLOIR_SERVER_KEY: serverKey });
let folder: string;
const servers: Server[] = [];
afterAll(async () => {
  for (const server of servers) server.close();
  await rm(folder, { recursive: true });
  await cluster.stop();
});

/** What the recipes expect of the application that they are put into: the header names who is signed in. */
const host = `
export interface HostPerson { id: string; name: string; isStaff: boolean }
export async function signedIn(request: { headers: unknown }): Promise<HostPerson | null> {
  const { headers } = request;
  const id = headers instanceof Headers ? headers.get("x-user") : (headers as Record<string, string>)["x-user"];
  return id ? { id, name: id, isStaff: id.startsWith("staff") } : null;
}
export async function findListing(id: string) {
  return id === "ad-1" ? { id, title: "A bicycle", seller: { id: "seller", name: "Sam" } } : null;
}
export async function channelsOf(_userId: string): Promise<string[]> { return ["ticket:7"]; }
`;
const tsconfig = { extends: path.join(root, "tsconfig.json"), include: ["**/*.ts"], exclude: [] };

beforeAll(async () => {
  await mkdir(path.join(root, ".local"), { recursive: true });
  folder = await mkdtemp(path.join(root, ".local/recipes-"));
  await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
  for (const page of await readdir(recipes)) {
    const text = await readFile(path.join(recipes, page), "utf8");
    const into = path.join(folder, page.replace(/\.md$/, ""));
    await mkdir(into);
    await writeFile(path.join(into, "host.ts"), host);
    for (const [, name, code] of text.matchAll(/^```ts (\S+)\n(.*?)^```/gms))
      await writeFile(path.join(into, name!), code!);
  }
});

const load = <Module>(page: string) => import(path.join(folder, page, "server.ts")) as Promise<Module>;
const asUser = (id: string | null) => (id === null ? {} : { headers: { "x-user": id } });

/** As the recipe's script tag names it: the widget asks there. */
async function tokenUrlOfTag(page: string): Promise<string> {
  const text = await readFile(path.join(recipes, `${page}.md`), "utf8");
  const tag = /^<script src="https:\/\/chat\.example\.org\/widget\.js" async data-token-url="([^"]+)"/m.exec(
    text,
  );
  expect(tag).not.toBeNull();
  return tag![1]!;
}

/** Mounts an Express recipe in an application. */
async function mount(router: Router): Promise<string> {
  const server = createServer(express().use(router));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A connected socket with the token of this answer. */
async function signIn(response: Response) {
  expect(response.status).toBe(200);
  return cluster.socket((await response.json()) as { token: string });
}

type Handler = (request: Request, context: { params: Promise<{ id: string }> }) => Promise<Response>;
const call = (post: Handler, id: string | null, listing = "ad-1") =>
  post(new Request("http://host/", asUser(id)), { params: Promise.resolve({ id: listing }) });

describe("the recipes", () => {
  it("compile", async () => {
    const pages = (await readdir(folder)).filter((name) => /^[a-e]-/.test(name));
    expect(pages).toHaveLength(5);
    for (const page of pages)
      expect(await readdir(path.join(folder, page))).toEqual(["host.ts", "page.ts", "server.ts"]);
    const tsc = path.join(root, "node_modules/.bin/tsc");
    const { stdout } = await promisify(execFile)(tsc, ["-p", folder, "--noEmit"]).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe("");
  });

  it.each(["a-clients-and-administrator", "d-drop-in-messenger"])(
    "%s: a page gets its person's token",
    async (page) => {
      const recipe = await load<{ chat: Router; personSaved?: (person: object) => Promise<void> }>(page);
      const base = await mount(recipe.chat);
      await recipe.personSaved?.({ id: "staff.1", name: "staff.1", isStaff: true });
      const tokenUrl = recipe.personSaved ? await tokenUrlOfTag(page) : "/chat/token";
      const method = recipe.personSaved ? "GET" : "POST";
      const ask = (id: string | null) => fetch(`${base}${tokenUrl}`, { method, ...asUser(id) });
      expect((await ask(null)).status).toBe(401);
      const ready = await (await signIn(await ask("staff.1"))).ready();
      expect(ready).toMatchObject({ userId: "staff.1", role: recipe.personSaved ? "agent" : "admin" });
    },
  );

  it("b-support-chat: a page gets its person's token", async () => {
    const { POST } = await load<{ POST: Handler }>("b-support-chat");
    expect((await call(POST, null)).status).toBe(401);
    expect(await (await signIn(await call(POST, "client.b"))).ready()).toMatchObject({ role: "client" });
  });

  it("c-marketplace: contacting a seller twice opens one conversation about the listing", async () => {
    const { POST } = await load<{ POST: Handler }>("c-marketplace");
    expect((await call(POST, null)).status).toBe(401);
    expect((await call(POST, "buyer", "gone")).status).toBe(404);
    expect((await call(POST, "seller")).status).toBe(404);
    const [first, again] = [await call(POST, "buyer"), await call(POST, "buyer")];
    const { conversationId, token } = (await first.json()) as { conversationId: string; token: string };
    expect(await again.json()).toMatchObject({ conversationId });
    const path = `/api/messages/conversations/${conversationId}`;
    const conversation = await cluster.call<Conversation>({ token }, "GET", path);
    expect(conversation.subject).toEqual({ type: "listing", id: "ad-1", title: "A bicycle" });
    expect(conversation.participants.map((each) => each.userId).toSorted()).toEqual(["buyer", "seller"]);
  });

  it("e-client-portal: a saved ticket reaches the page, once, and its owner is notified", async () => {
    const portal = await load<{ chat: Router; ticketSaved: (ticket: object) => Promise<void> }>(
      "e-client-portal",
    );
    const base = await mount(portal.chat);
    const socket = await signIn(await fetch(`${base}/chat/token`, { method: "POST", ...asUser("owner") }));
    for (const channel of ["ticket:7", "user:owner"]) await socket.ok("subscribe", { channel });
    const ticket = { id: "7", version: 1, status: "open", ownerId: "owner" };
    await portal.ticketSaved(ticket);
    await portal.ticketSaved(ticket);
    await portal.ticketSaved({ ...ticket, version: 2, status: "resolved" });
    await socket.waitFor("channel_event", (event) => event.event === "user-notification");
    await socket.waitFor("channel_event", (event) => event.payload.status === "resolved");
    const told = socket.all("channel_event").map(({ channel, cursor }) => `${channel} ${cursor}`);
    expect(told.toSorted()).toEqual(["ticket:7 1", "ticket:7 2", "user:owner 1"]);
  });
});
