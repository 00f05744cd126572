import { expect, test } from "vitest";
import { consolePath, readAddress, writeAddress } from "./address.ts";

const plain = { view: "all", status: "open", text: null, inMessages: false, conversationId: null } as const;

test.each([
  [plain, ""],
  [{ ...plain, view: "mine", status: "pending" }, "?view=mine&status=pending"],
  [{ ...plain, status: null }, "?status=any"],
  [{ ...plain, text: "livraison & co", conversationId: "c1" }, "?q=livraison+%26+co&conversation=c1"],
  [{ ...plain, text: "late", inMessages: true }, "?q=late&in=messages"],
] as const)("%o is in the address and comes out of it", (address, search) => {
  expect(writeAddress(address)).toBe(`${consolePath}${search}`);
  expect(readAddress(search)).toEqual(address);
});

test.each(["?view=everything&status=odd", "?q=%20%20"])("%s is as if it said nothing", (search) => {
  expect(readAddress(search)).toEqual(plain);
});
