import type { BrowserContextOptions, Page } from "playwright-core";

/** A page in a state that is worth a picture. */
export interface Scene {
  /** Of the file in docs/images. */
  name: string;
  person: string | null;
  path: string;
  view?: BrowserContextOptions;
  /** Brings the page into the state. */
  act?: (page: Page) => Promise<void>;
}

const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 780 },
  isMobile: true,
  hasTouch: true,
  locale: "fr-FR",
};
const dark: BrowserContextOptions = { colorScheme: "dark" };
const french: BrowserContextOptions = { locale: "fr-FR" };

const by = (page: Page, id: string) => page.locator(`[data-testid="${id}"]`);
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

const zoe = "demo-zoe";
export const scenes: readonly Scene[] = [
  { name: "sign-in", person: null, path: "/sign-in" },
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
  { name: "messages-call", person: zoe, path: "/messages", act: callSomebody },
  { name: "messages-call-phone", person: zoe, path: "/messages", view: phone, act: callSomebody },
  { name: "messages-keep", person: zoe, path: "/messages", act: keep },
  { name: "messages-settings", person: zoe, path: "/messages", act: settings },
  { name: "messages-settings-phone", person: zoe, path: "/messages", view: phone, act: settings },
  { name: "messages-offline", person: zoe, path: "/messages", act: offline },
  { name: "marketplace-visitor", person: null, path: "/marketplace" },
  { name: "marketplace", person: zoe, path: "/marketplace", act: contact },
  { name: "marketplace-phone", person: zoe, path: "/marketplace", view: phone },
  { name: "marketplace-source", person: zoe, path: "/marketplace", act: source },
  { name: "portal", person: zoe, path: "/portal", act: host },
  { name: "portal-dark", person: zoe, path: "/portal", view: dark, act: host },
  { name: "portal-phone", person: zoe, path: "/portal", view: phone },
  { name: "bank", person: zoe, path: "/bank", act: widget },
  { name: "bank-phone", person: zoe, path: "/bank", view: phone, act: widget },
  { name: "bank-adviser-dark", person: "demo-sam", path: "/bank", view: dark, act: adviser },
];
