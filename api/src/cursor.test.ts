import { CodedError } from "@parloir/contracts/errors.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCursors } from "./cursor.ts";

const cursors = createCursors("a secret");

function codeOf(open: () => unknown): string {
  try {
    open();
    return "opened";
  } catch (error) {
    return error instanceof CodedError ? error.code : `not coded: ${String(error)}`;
  }
}

describe("a cursor", () => {
  const scope = fc.string({ maxLength: 40 });
  const position = fc
    .array(fc.string({ unit: "binary", maxLength: 40 }), { maxLength: 4 })
    .filter((parts) => parts.every((part) => part.isWellFormed()));

  it("opens to what was sealed, in its own scope, and is safe in an address", () => {
    fc.assert(
      fc.property(scope, position, (name, parts) => {
        const cursor = cursors.seal(name, parts);
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(cursors.open(name, cursor)).toEqual(parts);
      }),
    );
  });

  it("of another list, or of another secret, is INVALID", () => {
    fc.assert(
      fc.property(scope, scope, position, (name, other, parts) => {
        fc.pre(name !== other);
        const cursor = cursors.seal(name, parts);
        expect(codeOf(() => cursors.open(other, cursor))).toBe("INVALID");
        expect(codeOf(() => createCursors("another secret").open(name, cursor))).toBe("INVALID");
      }),
    );
  });

  it("that was changed in any bit is INVALID", () => {
    fc.assert(
      fc.property(position, fc.nat(), fc.nat(7), (parts, at, bit) => {
        const bytes = Buffer.from(cursors.seal("list", parts), "base64url");
        bytes[at % bytes.length]! ^= 1 << bit;
        expect(codeOf(() => cursors.open("list", bytes.toString("base64url")))).toBe("INVALID");
      }),
    );
  });

  it("that is anything else is INVALID", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(codeOf(() => cursors.open("list", text))).toBe("INVALID");
      }),
    );
  });
});
