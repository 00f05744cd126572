import { io } from "socket.io-client";
import { afterAll, beforeAll, expect, it } from "vitest";
import { host as ask, sendAs } from "./host.ts";
import { type Stage, startStage } from "./stage.ts";
import { waitMs } from "./visitor.ts";

/** What people write and are called is text, whatever it looks like: in a real browser, with the real pages. */
let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ locale: "fr-FR" });
}, 240_000);
afterAll(() => stage?.stop(), 90_000);

const override = "\u202e";
const evil = `${override}gnp.<img src=x onerror="document.title='owned'">`;
const texts = {
  markup: `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`,
  link: "javascript:document.title='owned' et [ici](javascript:alert(1))",
  turned: `${override}abc`,
};

const host = <Data>(method: string, path: string, body: object) => ask<Data>(stage.url, method, path, body);

it("markup is inert, and text that turns its direction around turns nothing else", {
  timeout: 180_000,
}, async () => {
  await host("PUT", "/api/users/eve", { name: evil });
  const tom = await stage.visitor();
  await tom.signIn("demo-tom");
  const memberIds = ["demo-tom", "demo-zoe", "eve"];
  const { id } = await host<{ id: string }>("POST", "/api/messages/conversations", {
    kind: "group",
    memberIds,
  });
  for (const content of Object.values(texts)) await sendAs(stage.url, "eve", id, content);
  await host("DELETE", `/api/messages/conversations/${id}/members/demo-zoe`, {});

  const { page } = tom;
  await page.locator(`[data-conversation-id="${id}"]`).click();
  for (const content of Object.values(texts)) await tom.bubble(content).waitFor();
  // Said in the page's language, with the name of who is there no more.
  await page
    .locator('[data-testid="system-line"]', { hasText: "ne fait plus partie de la conversation" })
    .waitFor();
  expect(await page.title()).not.toContain("owned");
  expect(await page.locator('[data-testid="messages"]').locator("img, script").count()).toBe(0);
  expect(await page.locator('[data-testid="messages"] a[href^="javascript" i]').count()).toBe(0);

  // Each of them is isolated: what stands beside a text keeps its own direction and order.
  const isolates = await page
    .locator('[data-testid="messages"]')
    .evaluate((list) =>
      [...list.querySelectorAll('[data-testid="bubble"] > div')].map(
        (each) => getComputedStyle(each).unicodeBidi,
      ),
    );
  expect(new Set(isolates)).toEqual(new Set(["isolate"]));
  const turned = tom.bubble(texts.turned).locator("div").first();
  expect(await turned.evaluate((each) => each.textContent)).toBe(texts.turned);
  // The name of who is typing stands in the middle of a sentence, and leaves its order alone.
  const { token } = await host<{ token: string }>("POST", "/api/tokens", { userId: "eve" });
  const eve = io(stage.url, { auth: { token }, transports: ["websocket"], forceNew: true });
  await new Promise((resolve) => eve.once("ready", resolve));
  const typing = page.locator('[data-testid="typing"]');
  const type = async () => {
    eve.emit("typing", { conversationId: id, isTyping: true });
    return typing.locator("bdi").count();
  };
  await expect.poll(type, { timeout: waitMs }).toBe(1);
  expect(await typing.locator("bdi").textContent()).toBe(evil);
  expect(await typing.textContent()).toBe(`${evil} écrit…`);
  eve.close();
  const names = await page.evaluate(() =>
    [...document.querySelectorAll(".row-name")].map((each) => getComputedStyle(each).unicodeBidi),
  );
  expect(names.every((each) => each === "isolate" || each === "plaintext")).toBe(true);
  await expect.poll(() => page.evaluate(() => document.title), { timeout: waitMs }).not.toContain("owned");
  expect(tom.problems).toEqual([]);
});
