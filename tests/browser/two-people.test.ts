import { mkdir } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root, type Stage, startStage } from "./stage.ts";
import { waitMs } from "./visitor.ts";

const screenshots = path.join(root, "docs/images");

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
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
    if (process.env.UPDATE_SCREENSHOTS === "1") {
      await mkdir(screenshots, { recursive: true });
      await tom.page.screenshot({ path: path.join(screenshots, "messages.png") });
    }
  });
});
