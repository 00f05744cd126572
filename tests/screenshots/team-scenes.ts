import type { Page } from "playwright-core";
import { by, dark, phone, type Scene } from "./scene.ts";

const rowOf = (page: Page, title: string) => by(page, "console-row").filter({ hasText: title });
const openCase = async (page: Page) => {
  await rowOf(page, "Order 4711").click();
  await by(page, "note").waitFor();
};
const openContext = async (page: Page) => {
  await openCase(page);
  await page.getByRole("button", { name: "Show the customer" }).click();
  await page.locator('[data-testid="context"][data-shown]').waitFor();
};
const writeNote = async (page: Page) => {
  await openCase(page);
  await page.getByRole("button", { name: "Private note", exact: true }).click();
  await by(page, "note-composer").fill("The carrier found it in Lyon.");
};
const offerReply = async (page: Page) => {
  await openCase(page);
  await by(page, "composer").pressSequentially("/hel");
  await by(page, "offers").waitFor();
};
const keys = async (page: Page) => {
  await by(page, "console-row").first().waitFor();
  await page.locator(".bar-brand").click();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
};
const team = async (page: Page) => {
  await by(page, "team").click();
  await by(page, "team-list").getByText("Karim Benali").waitFor();
};
const figures = (page: Page) => by(page, "by-agent").waitFor();
const waits = async (page: Page) => {
  await by(page, "tile-first_reply").getByRole("button").first().click();
  await by(page, "waits").getByRole("link").first().waitFor();
};
/** What it draws is asked for every few seconds: some of it has come. */
const measured = async (page: Page) => {
  await by(page, "topology").waitFor();
  await page.locator('[data-testid="node-gw2"]').waitFor();
  await by(page, "level-canary").filter({ hasText: "%" }).waitFor();
};

const [ana, sam] = ["demo-ana", "demo-sam"];
const tablet = { viewport: { width: 834, height: 1_112 } };

/** The pages of those who answer, and of those who keep it running. */
export const teamScenes: readonly Scene[] = [
  { name: "console", person: ana, path: "/admin/messages", act: openCase },
  { name: "console-dark", person: ana, path: "/admin/messages", view: dark, act: openCase },
  { name: "console-tablet", person: ana, path: "/admin/messages", view: tablet, act: openContext },
  { name: "console-phone", person: ana, path: "/admin/messages", view: phone },
  { name: "console-thread-phone", person: ana, path: "/admin/messages", view: phone, act: openCase },
  { name: "console-note", person: ana, path: "/admin/messages", act: writeNote },
  { name: "console-canned", person: ana, path: "/admin/messages", act: offerReply },
  { name: "console-keys", person: ana, path: "/admin/messages", act: keys },
  { name: "console-team", person: sam, path: "/admin/messages", act: team },
  { name: "stats", person: ana, path: "/admin/stats", act: figures, isWhole: true },
  { name: "stats-dark", person: ana, path: "/admin/stats", view: dark, act: figures },
  { name: "stats-phone", person: ana, path: "/admin/stats", view: phone, act: figures },
  { name: "stats-waits", person: ana, path: "/admin/stats", act: waits },
  { name: "metrics", person: sam, path: "/admin/metrics", act: measured, isWhole: true, isBusy: true },
  { name: "metrics-dark", person: sam, path: "/admin/metrics", view: dark, act: measured, isBusy: true },
  { name: "metrics-phone", person: sam, path: "/admin/metrics", view: phone, act: measured, isBusy: true },
];
