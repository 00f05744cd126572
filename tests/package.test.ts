import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildPackage } from "../client/package/build.ts";

/** The package as an application has it: in its node_modules, without this repository's sources. */
const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, "..");
let application: string;
beforeAll(async () => {
  await mkdir(path.join(root, ".local"), { recursive: true });
  application = await mkdtemp(path.join(root, ".local/application-"));
  await buildPackage(path.join(application, "package"));
  await mkdir(path.join(application, "node_modules/@parloir"), { recursive: true });
  await symlink(path.join(application, "package"), path.join(application, "node_modules/@parloir/client"));
  await writeFile(path.join(application, "package.json"), '{"type":"module"}');
}, 240_000);
afterAll(() => rm(application, { recursive: true, force: true }));

const page = `
import { ChatProvider, ChatTicket, useMessages } from "@parloir/client/react";
import { createServer } from "@parloir/client/server";
import { type Client, createClient } from "@parloir/client/core";
export const server = createServer({ url: "http://cluster.test", serverKey: "key" });
export const connect = (): Client => createClient({ url: "http://cluster.test", getToken: async () => "token" });
function Unread() {
  const { unreadTotal } = useMessages();
  const total: number = unreadTotal;
  return <b>{total}</b>;
}
export const element = (
  <ChatProvider url="http://cluster.test" userId="ana" getToken={async () => "token"}>
    <Unread />
    <ChatTicket ticket={{ id: "7", title: "A leak" }} />
  </ChatProvider>
);
`;
const tsc = () => run(path.join(root, "node_modules/.bin/tsc"), ["-p", application]);

it("type-checks in an application, which then learns of a wrong property", { timeout: 240_000 }, async () => {
  const config = {
    compilerOptions: {
      target: "es2022",
      module: "nodenext",
      jsx: "react-jsx",
      strict: true,
      noEmit: true,
      types: [],
      lib: ["es2024", "dom", "dom.iterable"],
      skipLibCheck: false,
    },
    files: ["page.tsx"],
  };
  await writeFile(path.join(application, "tsconfig.json"), JSON.stringify(config));
  await writeFile(path.join(application, "page.tsx"), page);
  await tsc();
  await writeFile(path.join(application, "page.tsx"), page.replace('title: "A leak"', "titel: 1"));
  await expect(tsc()).rejects.toMatchObject({ stdout: expect.stringContaining("titel") });
});

it("is loaded by Node as it is, and renders there", { timeout: 120_000 }, async () => {
  const script = `
    import { createElement as h } from "react";
    import { renderToString } from "react-dom/server";
    import { ChatProvider, MessageBadge, ConversationList } from "@parloir/client/react";
    import { createServer } from "@parloir/client/server";
    import { createClient } from "@parloir/client/core";
    if (typeof createServer !== "function" || typeof createClient !== "function") throw new Error("not there");
    const page = h(ChatProvider, { url: "http://cluster.test", userId: "ana", getToken: async () => "token", language: "fr" },
      h(MessageBadge, { count: 3 }), h(ConversationList, { openId: null, onOpen() {} }));
    console.log(renderToString(page));`;
  await writeFile(path.join(application, "render.js"), script);
  const { stdout } = await run(process.execPath, ["render.js"], { cwd: application });
  expect(stdout).toContain("3 messages non lus");
});

it("keeps its styles to itself", async () => {
  const css = await readFile(path.join(application, "package/styles.css"), "utf8");
  expect(css.startsWith("@scope (.parloir) {")).toBe(true);
  expect(css).toContain("--fill: #2563eb");
  expect(css).not.toContain("@import");
});
