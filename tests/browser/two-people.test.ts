import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Stage, startStage } from "./stage.ts";
import { waitMs } from "./visitor.ts";

let stage: Stage;
beforeAll(async () => {
  // The gateways' own clients would be counted among people's.
  stage = await startStage({}, { CANARY_MS: "0" });
}, 240_000);
afterAll(() => stage?.stop(), 90_000);

describe("two people, each in a browser of their own", () => {
  it("talk across two gateways, and what was sent is in Postgres", { timeout: 180_000 }, async () => {
    const [tom, zoe] = [await stage.visitor(), await stage.visitor()];
    await tom.signIn("demo-tom");
    await zoe.signIn("demo-zoe");
    // The balancer gives the second the emptier gateway; should it not, Zoé comes again.
    const toms = await tom.online();
    let zoes = await zoe.online();
    for (let n = 0; zoes === toms && n < 10; n++) zoes = await zoe.reload();
    expect(zoes).not.toBe(toms);

    await tom.writeTo("demo-zoe");
    const { composer } = tom;
    await composer.pressSequentially("Hello Zoé, is the bike still there?");
    await zoe.page.locator('[data-testid="conversation"]').click();
    await composer.pressSequentially(" 🚲");
    await expect
      .poll(() => zoe.page.locator('[data-testid="typing"]').textContent(), { timeout: waitMs })
      .toContain("Tom");
    await composer.press("Enter");

    const text = "Hello Zoé, is the bike still there? 🚲";
    await zoe.bubble(text).waitFor();
    const { rows } = await stage.database.query("SELECT sender_id, content, seq::int FROM messages");
    expect(rows).toEqual([{ sender_id: "demo-tom", content: text, seq: 1 }]);
    // Zoé has it before her eyes.
    await tom.page.locator('[data-testid="delivery"][data-delivery="read"]').waitFor();
    await expect
      .poll(async () => (await stage.database.query("SELECT last_read_seq::int AS seq FROM members")).rows, {
        timeout: waitMs,
      })
      .toEqual([{ seq: 1 }, { seq: 1 }]);

    // Tom looks elsewhere: the answer is announced in his list.
    await tom.page.goto(`${stage.url}/messages`);
    await tom.online();
    await zoe.composer.fill("Oui, venez quand vous voulez.");
    await zoe.page.locator('[data-testid="send"]').click();
    await tom.page.locator('[data-testid="conversation"] [data-testid="unread"]').waitFor();
    await tom.page.locator('[data-testid="conversation"]').click();
    await tom.bubble("Oui, venez quand vous voulez.").waitFor();
    await tom.page.locator('[data-testid="unread"]').waitFor({ state: "detached" });
    await zoe.page.locator('[data-testid="delivery"][data-delivery="read"]').waitFor();

    // Both have the same thread, once and in order; also after coming back.
    for (const person of [tom, zoe]) {
      await person.page.reload();
      await expect
        .poll(() => person.bubbles(), { timeout: waitMs })
        .toEqual([text, "Oui, venez quand vous voulez."]);
    }
    expect([...tom.problems, ...zoe.problems]).toEqual([]);
  });
});

describe("somebody with an e-mail address and a password", () => {
  it("signs in by the form, stays signed in over reloads and tabs, and not after signing out", async () => {
    const host = async (path: string, body: unknown) => {
      const headers = { authorization: "Bearer dev-server-key", "content-type": "application/json" };
      const response = await fetch(`${stage.url}${path}`, {
        method: "PUT",
        headers,
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(201);
    };
    await host("/api/users/ada", { name: "Ada", email: "ada@example.org" });
    await host("/api/users/ada/password", { password: "a long enough one" });
    const ada = await stage.visitor();
    const { page } = ada;
    const enter = async (password: string) => {
      await page.locator('input[type="email"]').fill("ada@example.org");
      await page.locator('input[type="password"]').fill(password);
      await page.locator('button[type="submit"]').click();
    };
    await page.goto(`${stage.url}/sign-in`);
    await enter("a wrong one");
    await page.locator('[data-testid="password-form"] [role="alert"]').waitFor();
    await enter("a long enough one");
    await ada.connected();
    await page.reload();
    await ada.connected();
    const second = await stage.visitor(page.context());
    await second.page.goto(`${stage.url}/messages`);
    await second.connected();
    expect(await second.page.locator('[data-testid="me"]').getAttribute("data-user-id")).toBe("ada");
    const ended = second.page.waitForResponse(
      (response) => response.request().method() === "DELETE" && response.url().endsWith("/api/session"),
    );
    await second.page.locator("header button[title]").last().click();
    await second.page.locator('[data-testid="password-form"]').waitFor();
    expect((await ended).status()).toBe(200);
    // The first tab's own token goes on until it ends; a new visit finds no session.
    const third = await stage.visitor(page.context());
    await third.page.goto(`${stage.url}/messages`);
    await third.page.locator('[data-testid="password-form"]').waitFor();
    expect([...ada.problems, ...second.problems, ...third.problems]).toEqual([]);
  }, 120_000);
});
