import type { CannedReply } from "@parloir/contracts/canned-replies.ts";
import { expect, test } from "vitest";
import { askedFor, offered } from "./canned.ts";

test.each([
  ["/", ""],
  ["/Hel", "hel"],
  ["/re-fund_2", "re-fund_2"],
  ["/hello there", null],
  [" /hello", null],
  ["and/or", null],
  ["", null],
])("«%s» asks for %o", (text, asked) => {
  expect(askedFor(text)).toBe(asked);
});

test("what begins like it stands before what only holds it", () => {
  const reply = (shortcut: string, title: string) => ({ shortcut, title }) as CannedReply;
  const all = [reply("bye", "Goodbye, hello"), reply("hello", "Greeting"), reply("help", "Help page")];
  expect(offered(all, "hel").map(({ shortcut }) => shortcut)).toEqual(["hello", "help", "bye"]);
});
