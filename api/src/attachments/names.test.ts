import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayName } from "./names.ts";

describe("the name of a file", () => {
  it.each([
    ["photo.jpg", "image/jpeg", "photo.jpg"],
    ["Photo.JPEG", "image/jpeg", "Photo.JPEG"],
    ["Été à Sète 🏖.png", "image/png", "Été à Sète 🏖.png"],
    ["report.v2.pdf", "application/pdf", "report.v2.pdf"],
    ["list.csv", "text/plain", "list.csv"],
    ["../../etc/passwd", "text/plain", "passwd.txt"],
    ["C:\\Users\\a\\b.png", "image/png", "b.png"],
    ["/absolute.png", "image/png", "absolute.png"],
    ["run.exe", "image/png", "run.exe.png"],
    ["page.html", "text/plain", "page.html.txt"],
    ["a\u0000.png", "image/png", "a.png"],
    ["a\r\nset-cookie: x.png", "image/png", "aset-cookie_ x.png"],
    ["gnp.\u202eexe.png", "image/png", "gnp.exe.png"],
    ["", "image/png", "image.png"],
    [".png", "image/png", "png.png"],
    ["..", "application/pdf", "file.pdf"],
    ["\u0000\u200b", "audio/ogg", "audio.ogg"],
    ["  spaced   out  .png", "image/png", "spaced out.png"],
    [`${"x".repeat(300)}.png`, "image/png", `${"x".repeat(120)}.png`],
    [`${"🏖".repeat(300)}.png`, "image/png", `${"🏖".repeat(120)}.png`],
    ["a\ud800.png", "image/png", "a\ufffd.png"],
  ])("%j of type %s is %j", (claimed, mediaType, name) => {
    expect(displayName(claimed, mediaType)).toBe(name);
  });

  it("is always short, storable, without a path, and ends as its content does", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (claimed) => {
        const name = displayName(claimed, "image/png");
        expect(name).not.toMatch(/[/\\:*?"<>|\p{Cc}\p{Cf}]/u);
        expect(name.toLowerCase().endsWith(".png")).toBe(true);
        expect([...name].length).toBeLessThanOrEqual(126);
        expect(name.isWellFormed()).toBe(true);
        expect(name.startsWith(".")).toBe(false);
      }),
    );
  });
});
