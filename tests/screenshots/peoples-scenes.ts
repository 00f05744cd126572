import type { Page } from "playwright-core";
import { by, dark, french, phone, type Scene } from "./scene.ts";

const openThread = async (page: Page) => {
  await by(page, "conversation").filter({ hasText: "Tom" }).first().click();
  await by(page, "bubble").first().waitFor();
};
const openMenu = async (page: Page) => {
  await openThread(page);
  await by(page, "bubble").first().hover();
  await by(page, "message-menu").first().click();
  await page.getByRole("menuitem").first().waitFor();
};
const search = async (page: Page) => {
  await openThread(page);
  await by(page, "open-search").click();
  await by(page, "thread-search").fill("tomorrow");
  await by(page, "found").first().waitFor();
};
const record = async (page: Page) => {
  await openThread(page);
  await by(page, "record").click();
  await page.locator(".recorder-time", { hasText: "0:02" }).waitFor();
};
const emoji = async (page: Page) => {
  await openThread(page);
  await by(page, "emoji-button").click();
  await page.locator(".emoji-search").fill("smiling");
  await page.locator(".emoji", { hasText: "😄" }).waitFor();
};
const bell = async (page: Page) => {
  await by(page, "bell").click();
  await by(page, "bell-line").first().waitFor();
};
const callSomebody = async (page: Page) => {
  await openThread(page);
  await by(page, "call-button").click();
  await page.locator('[data-testid="call"][data-phase="calling"]').waitFor();
};
const keep = async (page: Page) => {
  await openThread(page);
  await by(page, "conversation-menu").click();
  await page.getByRole("menuitem", { name: /Block|Bloquer/ }).waitFor();
};
const settings = async (page: Page) => {
  await by(page, "bell").click();
  await by(page, "notification-settings").click();
  await by(page, "quiet-hours").check();
};
const contact = async (page: Page) => {
  await by(page, "contact-seller").first().click();
  await by(page, "composer").waitFor();
  await page.locator(".thread-log strong").waitFor();
};
const host = async (page: Page) => {
  await by(page, "act-as-host").click();
  await page.locator("[data-sonner-toast]").first().waitFor();
};
const widget = async (page: Page) => {
  await by(page, "widget-launcher").click();
  await by(page, "new-conversation").waitFor();
};
const offline = async (page: Page) => {
  await openThread(page);
  await page.context().setOffline(true);
  await by(page, "offline-notice").waitFor();
};
const source = (page: Page) => page.locator(".source summary").click();
const adviser = async (page: Page) => {
  await by(page, "conversation").first().click();
  await by(page, "bubble").first().waitFor();
};

const openOf = (name: string) => async (page: Page) => {
  await by(page, "conversation").filter({ hasText: name }).first().click();
  await by(page, "bubble").last().waitFor();
};
const choose = async (page: Page) => {
  await by(page, "new-conversation").click();
  await page.locator("[data-person]").first().waitFor();
};
/** Léa has blocked him. */
const fail = async (page: Page) => {
  await openOf("Léa")(page);
  await by(page, "composer").fill("And a lamp?");
  await by(page, "composer").press("Enter");
  await page.locator('[data-testid="delivery"][data-delivery="failed"]').waitFor();
};
const upload = async (page: Page) => {
  await openThread(page);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Network.enable");
  // Set once: Chromium lets go what is under way when it changes.
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 300_000 };
  await cdp.send("Network.emulateNetworkConditions", slow);
  const file = (name: string, bytes: number) => ({
    name,
    mimeType: "application/octet-stream",
    buffer: Buffer.alloc(bytes),
  });
  await by(page, "file-picker").setInputFiles([file("a-ride.mp4", 6_000_000), file("bill.pdf", 90_000)]);
  await page.waitForFunction(() => (document.querySelector("progress")?.value ?? 0) > 0.3);
};
const view = async (page: Page) => {
  await openOf("Léa")(page);
  await by(page, "picture").click();
  await by(page, "viewed-picture").waitFor();
};
const hold = async (page: Page) => {
  await openThread(page);
  const dataTransfer = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(["…"], "plan.pdf"));
    return transfer;
  });
  await by(page, "thread").dispatchEvent("dragover", { dataTransfer });
  await by(page, "drop-hint").waitFor();
};
const call = (phase: string) => `[data-testid="call"][data-phase="${phase}"]`;
type Meet = Parameters<NonNullable<Scene["act"]>>[1];
const beCalled = async (page: Page, meet: Meet) => {
  const tom = await meet("demo-tom", "/messages");
  await openOf("Zoé")(tom);
  await by(tom, "call-button").click();
  await page.locator(call("incoming")).waitFor();
};
const talk = async (page: Page, meet: Meet) => {
  await openThread(page);
  await beCalled(page, meet);
  await by(page, "call-accept").click();
  await page.locator(call("talking")).waitFor();
  await by(page, "call-other").evaluate(
    (video) => new Promise((shown) => (video as HTMLVideoElement).requestVideoFrameCallback(shown)),
  );
};
const hangUp = (page: Page) => by(page, "call-end").click();
const turn = async (page: Page) => {
  await openThread(page);
  await page.evaluate(() => {
    document.documentElement.dir = "rtl";
  });
};
const archived = (page: Page) => by(page, "archived").click();
const showSource = async (page: Page) => {
  await by(page, "show-source").click();
  await by(page, "source").waitFor();
};

const zoe = "demo-zoe";
/** The pages of those who write to each other. */
export const peoplesScenes: readonly Scene[] = [
  { name: "sign-in", person: null, path: "/sign-in" },
  { name: "sign-in-dark", person: null, path: "/sign-in", view: dark },
  { name: "sign-in-phone", person: null, path: "/sign-in", view: phone },
  { name: "messages-empty", person: "demo-karim", path: "/messages" },
  { name: "messages-thread", person: zoe, path: "/messages", act: openThread },
  { name: "messages-thread-dark", person: zoe, path: "/messages", view: dark, act: openThread },
  { name: "messages-thread-french", person: zoe, path: "/messages", view: french, act: openThread },
  { name: "messages-list-phone", person: zoe, path: "/messages", view: phone },
  { name: "messages-thread-phone", person: zoe, path: "/messages", view: phone, act: openThread },
  { name: "messages-menu", person: zoe, path: "/messages", act: openMenu },
  { name: "messages-search", person: zoe, path: "/messages", act: search },
  { name: "messages-recording", person: zoe, path: "/messages", act: record },
  { name: "messages-emoji-dark", person: zoe, path: "/messages", view: dark, act: emoji },
  { name: "messages-bell", person: zoe, path: "/messages", act: bell },
  { name: "messages-call", person: zoe, path: "/messages", act: callSomebody, end: hangUp },
  {
    name: "messages-call-phone",
    person: zoe,
    path: "/messages",
    view: phone,
    act: callSomebody,
    end: hangUp,
  },
  { name: "messages-keep", person: zoe, path: "/messages", act: keep },
  { name: "messages-settings", person: zoe, path: "/messages", act: settings },
  { name: "messages-settings-phone", person: zoe, path: "/messages", view: phone, act: settings },
  { name: "messages-offline", person: zoe, path: "/messages", act: offline },
  { name: "messages-new", person: zoe, path: "/messages", act: choose },
  { name: "messages-failed", person: "demo-tom", path: "/messages", act: fail },
  { name: "messages-upload", person: zoe, path: "/messages", act: upload, isBusy: true },
  { name: "messages-drop", person: zoe, path: "/messages", act: hold },
  { name: "messages-viewer", person: zoe, path: "/messages", act: view },
  { name: "messages-call-incoming", person: zoe, path: "/messages", act: beCalled, end: hangUp },
  { name: "messages-call-talking", person: zoe, path: "/messages", act: talk, end: hangUp },
  { name: "messages-right-to-left", person: zoe, path: "/messages", act: turn },
  { name: "messages-archived", person: zoe, path: "/messages", act: archived },
  { name: "messages-source", person: zoe, path: "/messages", act: showSource },
  { name: "marketplace-visitor", person: null, path: "/marketplace" },
  { name: "marketplace", person: zoe, path: "/marketplace", act: contact },
  { name: "marketplace-dark", person: zoe, path: "/marketplace", view: dark, act: contact },
  { name: "marketplace-phone", person: zoe, path: "/marketplace", view: phone },
  { name: "marketplace-source", person: zoe, path: "/marketplace", act: source },
  { name: "portal", person: zoe, path: "/portal", act: host },
  { name: "portal-dark", person: zoe, path: "/portal", view: dark, act: host },
  { name: "portal-phone", person: zoe, path: "/portal", view: phone },
  { name: "bank", person: zoe, path: "/bank", act: widget },
  { name: "bank-dark", person: zoe, path: "/bank", view: dark, act: widget },
  { name: "bank-phone", person: zoe, path: "/bank", view: phone, act: widget },
  { name: "bank-adviser-dark", person: "demo-sam", path: "/bank", view: dark, act: adviser },
];
