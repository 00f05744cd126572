import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { png } from "../cluster/uploads.ts";
import { expectAccessible } from "./accessible.ts";
import { type Stage, startStage } from "./stage.ts";
import { type Visitor, waitMs } from "./visitor.ts";

/** What two people do in a thread besides writing, and what they are told of while they look elsewhere. */
let stage: Stage;
let tom: Visitor;
let zoe: Visitor;
beforeAll(async () => {
  stage = await startStage({ permissions: ["microphone"] });
  [tom, zoe] = [await stage.visitor(), await stage.visitor()];
  await countChimes(zoe.page);
  await tom.signIn("demo-tom");
  await zoe.signIn("demo-zoe");
}, 240_000);
afterAll(() => stage?.stop(), 90_000);

/** Every sound of this person's tabs, counted where both tabs can see it. */
async function countChimes(page: Page): Promise<void> {
  await page.context().addInitScript(() => {
    const { start } = OscillatorNode.prototype;
    OscillatorNode.prototype.start = function (when) {
      localStorage.setItem("notes", String(Number(localStorage.getItem("notes") ?? 0) + 1));
      start.call(this, when);
    };
  });
}
const notes = (page: Page) => page.evaluate(() => Number(localStorage.getItem("notes") ?? 0));

async function choose(visitor: Visitor, text: string, item: RegExp): Promise<void> {
  const row = visitor.page.locator('[data-testid="message"]', { hasText: text }).last();
  await row.hover();
  await row.locator('[data-testid="message-menu"]').click();
  await visitor.page.getByRole("menuitem", { name: item }).click();
}

describe("who looks elsewhere", () => {
  it("is told by bell, title and toast, and by one sound in all tabs", { timeout: 180_000 }, async () => {
    const second = await stage.visitor(zoe.page.context());
    await second.page.goto(`${stage.url}/bank`);
    await second.page.locator('[data-demo-account="demo-zoe"]').click();
    await second.page.locator('[data-testid="bell"]').waitFor();
    await zoe.page.locator('[data-testid="bell"]').waitFor();
    await tom.writeTo("demo-zoe");
    await tom.say("Is the bicycle still there?");
    for (const { page } of [zoe, second]) {
      await page.locator('[data-testid="bell"][data-unread="1"]').waitFor();
      await expect.poll(() => page.title(), { timeout: waitMs }).toMatch(/^\(1\) /);
    }
    await zoe.page.locator("[data-sonner-toast]", { hasText: "Tom Becker" }).waitFor();
    await expect.poll(() => notes(zoe.page), { timeout: waitMs }).toBe(2);

    await zoe.page.locator('[data-testid="bell"]').click();
    await zoe.page.locator('[data-testid="mute"]').click();
    await expectAccessible(zoe.page);
    await tom.say("I could come today.");
    await zoe.page.locator('[data-testid="bell-line"]', { hasText: "I could come today." }).click();
    await zoe.bubble("I could come today.").waitFor();
    for (const { page } of [zoe, second])
      await page.locator('[data-testid="bell"][data-unread="0"]').waitFor();
    // One chime is two notes; the second message came to a muted browser.
    expect(await notes(zoe.page)).toBe(2);
    await second.page.close();
  });
});

describe("in a thread", () => {
  it("messages are reacted to, answered, changed and deleted", { timeout: 180_000 }, async () => {
    await choose(zoe, "Is the bicycle still there?", /❤️/);
    await tom.page.locator('[data-testid="reactions"] button', { hasText: "1" }).click();
    await zoe.page.locator('[data-testid="reactions"] button', { hasText: "2" }).waitFor();

    await choose(zoe, "Is the bicycle still there?", /Reply/);
    await zoe.say("It is, com today.");
    await tom.page.locator('[data-testid="quote"]', { hasText: "Is the bicycle still there?" }).waitFor();
    // The arrow upwards changes the last own message.
    await zoe.composer.press("ArrowUp");
    const edit = zoe.page.locator('[data-testid="edit-form"] textarea');
    await edit.fill("It is, come today.");
    await edit.press("Enter");
    await tom.bubble("It is, come today.").waitFor();

    await tom.say("This was for somebody else");
    await zoe.bubble("This was for somebody else").waitFor();
    await choose(tom, "This was for somebody else", /^Delete$/).then(() =>
      tom.page.getByRole("menuitem", { name: /for everyone/ }).click(),
    );
    await zoe.bubble("This message was deleted").waitFor();
    await zoe.page.locator('[data-testid="open-search"]').click();
    await zoe.page.locator('[data-testid="thread-search"]').fill("bicycle");
    await zoe.page.locator('[data-testid="found"]', { hasText: "still there" }).click();
    await zoe.page.locator('[data-marked="true"]', { hasText: "still there" }).waitFor();
    await expectAccessible(zoe.page);
    await zoe.page.keyboard.press("Escape");
  });

  it("a voice note is recorded, sent and played; a picture is viewed", { timeout: 180_000 }, async () => {
    await tom.page.locator('[data-testid="record"]').click();
    await expect
      .poll(() => tom.page.locator(".recorder-time").textContent(), { timeout: waitMs })
      .toMatch(/0:0[2-9]|0:[1-9]/);
    await tom.page.locator('[data-testid="finish-recording"]').click();
    await tom.page.locator('[data-testid="send"][aria-disabled="false"]').click();
    const note = zoe.page.locator('[data-testid="voice-note"][data-seconds]');
    await note.waitFor();
    expect(Number(await note.getAttribute("data-seconds"))).toBeGreaterThan(1);
    await note.locator('[data-testid="play"]').click();
    await expect.poll(() => note.locator("audio").evaluate(hasPlayed), { timeout: waitMs }).toBe(true);

    const file = { name: "bike.png", mimeType: "image/png", buffer: png(1_200, 800) };
    await tom.page.locator('[data-testid="file-picker"]').setInputFiles([file]);
    await tom.page.locator('[data-testid="send"][aria-disabled="false"]').click();
    await zoe.page.locator('[data-testid="picture"]').click();
    await expect
      .poll(() => zoe.page.locator('[data-testid="viewed-picture"]').evaluate(widthOf), { timeout: waitMs })
      .toBe(1_200);
    // As large as the window allows, and no larger.
    const viewed = (await zoe.page.locator('[data-testid="viewed-picture"]').boundingBox())!;
    expect(viewed.y + viewed.height).toBeLessThanOrEqual(800);
    expect(viewed.height).toBeGreaterThan(600);
    expect(viewed.width / viewed.height).toBeCloseTo(1.5, 1);
    await zoe.page.keyboard.press("Escape");
    await zoe.page.locator('[data-testid="viewed-picture"]').waitFor({ state: "detached" });
  });

  it("an emoji is found by its name", { timeout: 120_000 }, async () => {
    await zoe.page.locator('[data-testid="emoji-button"]').click();
    await zoe.page.locator(".emoji-search").fill("grinning face with smiling");
    await zoe.page.locator(".emoji", { hasText: "😄" }).click();
    await expect.poll(() => zoe.composer.inputValue(), { timeout: waitMs }).toBe("😄");
    expect([...tom.problems, ...zoe.problems]).toEqual([]);
  });
});

const hasPlayed = (audio: Element) => (audio as HTMLAudioElement).played.length > 0;
const widthOf = (picture: Element) => (picture as HTMLImageElement).naturalWidth;
