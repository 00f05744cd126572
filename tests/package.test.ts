import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { build, preview } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildPackage } from "../client/package/build.ts";
import { launchBrowser } from "./browser/stage.ts";

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
import { type ChannelNews, ChatProvider, ChatTicket, type Conversation, type UseChannel, useChannel, useMessages, useNotifications } from "@parloir/client/react";
import { CodedError as HostError, createServer, type Person } from "@parloir/client/server";
import { type Client, CodedError, type ConnectionState, createClient, type ErrorCode, type GetToken, type Message, type ThreadState } from "@parloir/client/core";
import type { Notification } from "@parloir/client/react";
export const server = createServer({ url: "http://cluster.test", serverKey: "key" });
export const connect = (): Client => createClient({ url: "http://cluster.test", getToken: async () => "token" });
const getToken: GetToken = async ({ renew }) => (renew ? "a new one" : "token");
export const again = (): Client => createClient({ url: "http://cluster.test", getToken });
export const stateOf = (client: Client): ConnectionState => client.connection.getSnapshot();
export const threadOf = (client: Client, id: string): ThreadState => client.thread(id).state.getSnapshot();
export const heard = (listener: (news: ChannelNews) => void): UseChannel => useChannel("ticket:7", listener);
export const codeOf = (error: unknown): ErrorCode | null =>
  error instanceof CodedError || error instanceof HostError ? error.code : null;
export const nameOf = ({ name }: Person) => name;
export const textOf = ({ content, seq }: Message): string => \`\${seq}: \${content}\`;
export const bell = (): readonly Notification[] => useNotifications().notifications;
function Unread() {
  const { unreadTotal, conversations, messages } = useMessages();
  const first: Conversation | undefined = conversations[0];
  const last: Message | undefined = messages.at(-1);
  const total: number = unreadTotal + (first?.unreadCount ?? 0) + (last?.seq ?? 0);
  return <b>{total}</b>;
}
export const element = (
  <ChatProvider url="http://cluster.test" userId="ana" getToken={async () => "token"}>
    <Unread />
    <ChatTicket ticket={{ id: "7", title: "A leak" }} />
  </ChatProvider>
);
`;
/** What an application has of its own, in the same words. */
const host = `<div id="host"><h1>Ours</h1><ul class="row"><li>one</li></ul><p class="widget contact"><button class="button">Ours</button></p></div>`;
const documentOf = (script: string) =>
  `<!doctype html><html lang="en"><body>${host}<div id="root"></div>${script}</body></html>`;
const pageInBrowser = `
import { createRoot } from "react-dom/client";
import { AdminChat, ChatBox, ChatProvider, ChatWidget, ContactSellerButton } from "@parloir/client/react";
import "@parloir/client/styles.css";
createRoot(document.getElementById("root")!).render(
  <ChatProvider url={location.origin} userId="ana" getToken={async () => "token"}>
    <ChatBox target={{ conversationId: "01a21dc9-9988-76b3-8796-0bca0079af19" }} />
    <div className="parloir" data-theme="dark"><AdminChat /></div>
    <ContactSellerButton seller={{ id: "lea", name: "Lea" }} listing={{ id: "1", title: "A lamp" }} onOpen={() => {}} onSignIn={() => {}} />
    <ChatWidget />
  </ChatProvider>,
);
`;
function allStyles(element: Element): Record<string, string> {
  const styles = getComputedStyle(element);
  return Object.fromEntries([...styles].map((name) => [name, styles.getPropertyValue(name)]));
}
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
    import * as react from "@parloir/client/react";
    import * as server from "@parloir/client/server";
    import * as core from "@parloir/client/core";
    const { ChatProvider, MessageBadge, ConversationList } = react;
    const { createServer } = server;
    const { createClient } = core;
    const thrown = await createServer({ url: "http://127.0.0.1:1", serverKey: "key", deadlineMs: 1 })
      .tokens.create("ana").catch((error) => error);
    for (const each of [react.CodedError, core.CodedError, server.CodedError])
      if (!(thrown instanceof each)) throw new Error("not the class of what is thrown");
    if (typeof createServer !== "function" || typeof createClient !== "function") throw new Error("not there");
    const page = h(ChatProvider, { url: "http://cluster.test", userId: "ana", getToken: async () => "token", language: "fr" },
      h(MessageBadge, { count: 3 }), h(ConversationList, { openId: null, onOpen() {} }));
    console.log(renderToString(page));`;
  await writeFile(path.join(application, "render.js"), script);
  const { stdout } = await run(process.execPath, ["render.js"], { cwd: application });
  expect(stdout).toContain("3 messages non lus");
});

it("is imported by server components: what cannot run there says that it is the client's", {
  timeout: 120_000,
}, async () => {
  const place = path.join(application, "package");
  const { exports } = JSON.parse(await readFile(path.join(place, "package.json"), "utf8"));
  const clients: string[] = [];
  for (const [name, entry] of Object.entries<{ default?: string }>(exports)) {
    if (entry.default === undefined) continue;
    const code = await readFile(path.join(place, entry.default), "utf8");
    if (code.startsWith('"use client";\n')) clients.push(name);
    // Of a client component's module each name has to be in the module itself.
    expect(code).not.toMatch(/^export \*/m);
    // The React of server components has neither contexts nor state.
    const load = `await import("@parloir/client/${path.basename(name)}")`;
    const failure: string | null = await run(
      process.execPath,
      ["--conditions", "react-server", "--input-type", "module", "--eval", load],
      { cwd: application },
    ).then(
      () => null,
      ({ stderr }) => stderr,
    );
    if (clients.includes(name)) expect(failure).toContain("createContext");
    else expect(failure).toBeNull();
  }
  expect(clients).toEqual(["./react", "./calls"]);
});

it("looks in a page as it should, and leaves the rest of the page as it was", {
  timeout: 120_000,
}, async () => {
  await writeFile(
    path.join(application, "index.html"),
    documentOf('<script type="module" src="./main.tsx"></script>'),
  );
  await writeFile(path.join(application, "main.tsx"), pageInBrowser);
  await build({ configFile: false, root: application, logLevel: "error", build: { outDir: "dist" } });
  const site = await preview({
    configFile: false,
    root: application,
    build: { outDir: "dist" },
    preview: { port: 0 },
  });
  const browser = await launchBrowser();
  try {
    const view = await browser.newPage({ colorScheme: "light" });
    await view.goto(site.resolvedUrls!.local[0]!);
    await view.locator('[data-testid="widget-launcher"]').waitFor();
    const styles = (selector: string) =>
      view.locator(selector).evaluate((element) => {
        const { position, display, borderTopWidth, backgroundColor, color, fontFamily } =
          getComputedStyle(element);
        return { position, display, borderTopWidth, backgroundColor, color, fontFamily };
      });
    expect(await styles(".parloir.widget")).toMatchObject({ position: "fixed" });
    expect(await styles(".parloir.contact")).toMatchObject({ display: "inline-flex" });
    const box = await styles('[data-testid="chat-box"]');
    expect(box).toMatchObject({ display: "flex", borderTopWidth: "1px", color: "rgb(15, 23, 42)" });
    expect(box.fontFamily).toContain("system-ui");
    // One within another has the outer one's theme.
    const dark = await styles('[data-theme="dark"] [data-testid="admin-chat"]');
    expect(dark).toMatchObject({ borderTopWidth: "1px", color: "rgb(248, 250, 252)" });
    expect(await styles('[data-testid="admin-chat"] .messenger')).toMatchObject({ display: "grid" });
    const bare = await browser.newPage();
    await bare.setContent(documentOf(""));
    for (const selector of ["#host", "#host .button", "#host h1", "#host ul"]) {
      const before = await bare.locator(selector).evaluate(allStyles);
      expect(await view.locator(selector).evaluate(allStyles)).toEqual(before);
    }
  } finally {
    await browser.close();
    await site.close();
  }
});
