import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { png } from "../cluster/uploads.ts";
import { type Stage, startStage } from "./stage.ts";
import { waitMs } from "./visitor.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ locale: "fr-FR" });
}, 240_000);
afterAll(() => stage?.stop(), 90_000);

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
    expect([...tom.problems, ...zoe.problems]).toEqual([]);
  });
});
