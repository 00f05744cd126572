import { afterAll, beforeAll, expect, it } from "vitest";
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

/** What the host's back end does. Answers with the data. */
async function host<Data>(method: string, path: string, body: object): Promise<Data> {
  const headers = { authorization: "Bearer dev-server-key", "content-type": "application/json" };
  const response = await fetch(`${stage.url}${path}`, { method, headers, body: JSON.stringify(body) });
  expect(response.ok, `${method} ${path}: ${response.status}`).toBe(true);
  return ((await response.json()) as { data: Data }).data;
}

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
  const { token } = await host<{ token: string }>("POST", "/api/tokens", { userId: "eve" });
  for (const content of Object.values(texts)) {
    const sent = await fetch(`${stage.url}/api/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ conversationId: id, clientMessageId: crypto.randomUUID(), content }),
    });
    expect(sent.status).toBe(201);
  }
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
  const names = await page.evaluate(() =>
    [...document.querySelectorAll(".row-name")].map((each) => getComputedStyle(each).unicodeBidi),
  );
  expect(names.every((each) => each === "isolate" || each === "plaintext")).toBe(true);
  await expect.poll(() => page.evaluate(() => document.title), { timeout: waitMs }).not.toContain("owned");
  expect(tom.problems).toEqual([]);
});
