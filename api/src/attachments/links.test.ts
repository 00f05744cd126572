import { describe, expect, it } from "vitest";
import { createLinks } from "./links.ts";

const id = "01a21b2d-93a4-75a8-b7ca-4df636460c18";
const other = "01a21b2d-93a4-75a8-b7ca-4df636460c19";

function at(seconds: number, secret = "a secret") {
  return createLinks(secret, 300, () => seconds * 1_000);
}

function partsOf(url: string): [string, string] {
  const query = new URL(url, "http://files.example").searchParams;
  return [query.get("expires")!, query.get("signature")!];
}

describe("a signed link", () => {
  it.each([0, 1, 149, 150, 1_700_000_001])("signed at %i s is good for 150 to 300 s", (now) => {
    const [expires, signature] = partsOf(at(now).sign(id, "file").url);
    expect(at(now + 149).isValid(id, "file", expires, signature)).toBe(true);
    expect(at(now + 300).isValid(id, "file", expires, signature)).toBe(false);
  });

  it("is the same for a while, so that a cache knows it", () => {
    expect(at(1_500).sign(id, "file")).toEqual(at(1_649).sign(id, "file"));
  });

  it("is of no use for anything else", () => {
    const [expires, signature] = partsOf(at(0).sign(id, "file").url);
    expect(at(0).isValid(other, "file", expires, signature)).toBe(false);
    expect(at(0).isValid(id, "thumbnail", expires, signature)).toBe(false);
    expect(at(0).isValid(id, "file", String(Number(expires) + 1), signature)).toBe(false);
    expect(at(0, "another").isValid(id, "file", expires, signature)).toBe(false);
    for (const bad of ["", "x", signature.slice(1), `${signature}AAAA`]) {
      expect(at(0).isValid(id, "file", expires, bad)).toBe(false);
    }
    for (const bad of ["", "-1", "1e99", "NaN", "9".repeat(400)]) {
      expect(at(0).isValid(id, "file", bad, signature)).toBe(false);
    }
  });
});
