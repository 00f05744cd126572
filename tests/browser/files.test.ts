import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { png } from "../cluster/uploads.ts";
import { drag, filesIn } from "./dragging.ts";
import { type Stage, startStage } from "./stage.ts";
import { seeOff, type Visitor, waitMs } from "./visitor.ts";

let stage: Stage;
const visitors: Visitor[] = [];
beforeAll(async () => {
  stage = await startStage({ locale: "fr-FR" });
}, 240_000);
afterAll(() => stage?.stop(), 90_000);
afterEach(() => seeOff(visitors));

/** Somebody who has the conversation with this person open. */
async function writing(account: string, to: string): Promise<Visitor> {
  const visitor = await stage.visitor();
  visitors.push(visitor);
  await visitor.signIn(account);
  await visitor.writeTo(to);
  return visitor;
}

const uploadsOf = (page: Page) => page.locator('[data-testid="uploads"] li');
const ready = (page: Page) => page.locator('[data-testid="send"][aria-disabled="false"]');

describe("files in a thread", () => {
  it("are picked, taken out, sent without words, and seen by the other", { timeout: 180_000 }, async () => {
    const [tom, zoe] = [await stage.visitor(), await stage.visitor()];
    await tom.signIn("demo-tom");
    await zoe.signIn("demo-zoe");
    await tom.writeTo("demo-zoe");
    const uploads = tom.page.locator('[data-testid="uploads"] li');
    const pick = (...files: { name: string; buffer: Buffer }[]) =>
      tom.page
        .locator('[data-testid="file-picker"]')
        .setInputFiles(files.map((file) => ({ mimeType: "application/octet-stream", ...file })));

    await pick(
      { name: "vélo.png", buffer: png(1_200, 800) },
      { name: "devis.txt", buffer: Buffer.from("Un vélo : 80 €") },
      { name: "page.html", buffer: Buffer.from("<script>alert(1)</script>") },
    );
    // The refused one says why and holds the message back until it is taken out.
    await tom.page.locator('[data-testid="uploads"] [data-failed] [role="alert"]').waitFor();
    const send = tom.page.locator('[data-testid="send"]');
    expect(await send.getAttribute("aria-disabled")).toBe("true");
    await uploads.last().locator("button").click();
    await tom.page.locator('[data-testid="send"][aria-disabled="false"]').waitFor();
    await send.click();
    await uploads.first().waitFor({ state: "detached" });

    await zoe.page.locator('[data-testid="conversation"]').click();
    for (const { page } of [zoe, tom]) {
      const picture = page.locator('[data-testid="picture"]');
      await expect
        .poll(() => picture.evaluate((img) => (img as HTMLImageElement).naturalWidth), { timeout: waitMs })
        .toBe(480);
    }
    expect(await zoe.page.locator('[data-testid="preview"]').textContent()).toBe("vélo.png");
    const row = zoe.page.locator(".attachment-file");
    expect(await row.textContent()).toContain("devis.txt");
    const [download] = await Promise.all([zoe.page.waitForEvent("download"), row.click()]);
    expect(download.suggestedFilename()).toBe("devis.txt");
    // Its link is known still: without a network it leads nowhere, and says so.
    await zoe.page.context().setOffline(true);
    await row.click();
    const problem = zoe.page.getByRole("alert").getByText("Ce fichier n’a pas pu être chargé");
    await problem.waitFor();
    await zoe.page.context().setOffline(false);
    const [again] = await Promise.all([zoe.page.waitForEvent("download"), row.click()]);
    expect(again.suggestedFilename()).toBe("devis.txt");
    await problem.waitFor({ state: "detached" });
    expect([...tom.problems, ...zoe.problems]).toEqual([]);
  });

  it("are let go anywhere on the thread, which says so while they are held", {
    timeout: 120_000,
  }, async () => {
    const zoe = await writing("demo-zoe", "demo-lea");
    const { page } = zoe;
    const thread = '[data-testid="thread"]';
    const hint = page.locator('[data-testid="drop-hint"]');
    // Text that is dragged is none of the thread's business.
    expect(await drag(page, "dragover", thread)).toBe(false);
    expect(await drag(page, "dragover", `${thread} h1`, "a.txt")).toBe(true);
    await hint.getByText("Déposez les fichiers ici pour les joindre").waitFor();
    const [over, whole] = [(await hint.boundingBox())!, (await page.locator(thread).boundingBox())!];
    expect(over.width).toBeGreaterThan(whole.width - 20);
    expect(over.height).toBeGreaterThan(whole.height - 20);
    await drag(page, "dragleave", thread);
    await hint.waitFor({ state: "detached" });

    // Beside it they would open in the place of the page.
    for (const type of ["dragover", "drop"]) expect(await drag(page, type, ".list", "beside.txt")).toBe(true);
    expect(await drag(page, "dragover", ".list")).toBe(false);

    await drag(page, "dragover", ".thread-log", "plan.txt");
    expect(await drag(page, "drop", ".thread-log", "plan.txt")).toBe(true);
    await hint.waitFor({ state: "detached" });
    expect(await drag(page, "drop", '[data-testid="composer"]', "liste.txt")).toBe(true);
    await ready(page).click();
    const rows = page.locator(".attachment-file .attachment-name");
    await expect.poll(() => rows.allTextContents(), { timeout: waitMs }).toEqual(["plan.txt", "liste.txt"]);
  });

  it("are pasted, and one too many is told of in words", { timeout: 120_000 }, async () => {
    const zoe = await writing("demo-zoe", "demo-sam");
    const { page } = zoe;
    const paste = async (...names: string[]) => {
      const clipboardData = await filesIn(page, ...names);
      await zoe.composer.evaluate((field, clipboardData) => {
        field.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData }));
      }, clipboardData);
    };
    const surplus = page.locator('[data-testid="surplus"]');
    await paste(...Array.from({ length: 9 }, (_, n) => `${n}.txt`));
    await expect.poll(() => uploadsOf(page).count(), { timeout: waitMs }).toBe(9);
    expect(await surplus.count()).toBe(0);
    await paste("9.txt", "10.txt", "11.txt");
    await surplus
      .getByText("Un message accepte 10 fichiers au plus : 2 de plus n’ont pas été joints.")
      .waitFor();
    expect(await uploadsOf(page).count()).toBe(10);
    // With room again there is nothing to say, and the tenth of the next fits.
    await uploadsOf(page).last().locator("button").click();
    await surplus.waitFor({ state: "detached" });
    await paste("10.txt");
    await expect.poll(() => uploadsOf(page).count(), { timeout: waitMs }).toBe(10);
    await ready(page).click();
    await expect.poll(() => page.locator(".attachment-file").count(), { timeout: waitMs }).toBe(10);
  });

  it("show how far they are, and are called off on their way", { timeout: 180_000 }, async () => {
    const zoe = await writing("demo-zoe", "demo-karim");
    const { page } = zoe;
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Network.enable");
    const slow = (uploadThroughput: number) =>
      cdp.send("Network.emulateNetworkConditions", {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput,
      });
    // Longer than any machine is busy, were it left to end.
    await slow(100_000);
    const failed: string[] = [];
    page.on("requestfailed", (request) => failed.push(new URL(request.url()).pathname));
    await page.locator('[data-testid="file-picker"]').setInputFiles([
      { name: "film.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(9_000_000) },
      { name: "mot.txt", mimeType: "text/plain", buffer: Buffer.from("Bonjour") },
    ]);
    const [film, word] = [uploadsOf(page).first(), uploadsOf(page).last()];
    const progress = film.locator("progress");
    await expect.poll(() => progress.getAttribute("aria-label"), { timeout: waitMs }).toContain("film.bin");
    const value = () => progress.evaluate((bar) => (bar as HTMLProgressElement).value);
    await expect.poll(value, { timeout: waitMs }).toBeGreaterThan(0);
    const seen = await value();
    expect(seen).toBeLessThan(1);
    await expect.poll(value, { timeout: waitMs }).toBeGreaterThan(seen);
    // Nothing is sent without it.
    await zoe.composer.fill("Le film");
    expect(await page.locator('[data-testid="send"]').getAttribute("aria-disabled")).toBe("true");
    await film.locator("button").click();
    await expect.poll(() => failed, { timeout: waitMs }).toEqual(["/api/attachments"]);
    await slow(-1);
    // The next in the line is not called off with it.
    await word.locator("progress").waitFor({ state: "detached" });
    await ready(page).click();
    await page.locator(".attachment-file", { hasText: "mot.txt" }).waitFor();
    const { rows } = await stage.database.query("SELECT name FROM attachments WHERE name = 'film.bin'");
    expect(rows).toEqual([]);
  });
});
