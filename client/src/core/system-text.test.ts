import type { Participant, SystemEvent, SystemLine } from "@parloir/contracts/shapes.ts";
import { systemEvents } from "@parloir/contracts/shapes.ts";
import { expect, test } from "vitest";
import { systemText } from "./system-text.ts";

const ana = { userId: "ana", name: "Ana" };
const ben = { userId: "ben", name: "Ben" };
const line = (event: SystemEvent, actor: SystemLine["actor"], person: SystemLine["person"]) => ({
  event,
  actor,
  person,
});
/** Without the marks that keep a name's direction to itself. */
const plain = (text: string) => text.replace(/[\u2068\u2069]/g, "");

test.each([
  [line("member_added", ana, ben), "Ana added Ben", "Ana a ajouté Ben"],
  [line("member_added", null, ben), "Ben joined", "Ben a rejoint la conversation"],
  [line("member_removed", ana, ben), "Ana removed Ben", "Ana a retiré Ben"],
  [line("member_left", ben, ben), "Ben left", "Ben a quitté la conversation"],
  [line("assigned", ana, ben), "Ana gave the conversation to Ben", "Ana a confié la conversation à Ben"],
  [line("assigned", ben, ben), "Ben has taken the conversation", "Ben s’occupe de la conversation"],
  [line("unassigned", ana, ben), "Ana took the conversation from Ben", "Ana a retiré la conversation à Ben"],
  [line("closed", ana, null), "Ana closed the conversation", "Ana a fermé la conversation"],
  [line("reopened", null, null), "The conversation was reopened", "La conversation a été rouverte"],
])("%j in both languages", (said, en, fr) => {
  expect([plain(systemText("en", said, [])), plain(systemText("fr", said, []))]).toEqual([en, fr]);
});

test("two people of one name are two", () => {
  const other = { userId: "ben2", name: "Ben" };
  expect(plain(systemText("en", line("assigned", other, ben), []))).toBe("Ben gave the conversation to Ben");
});

test("people are called as they are now, and as they were when they are there no more", () => {
  const now: Participant[] = [{ userId: "ben", name: "Benjamin", role: "client", lastReadSeq: 0 }];
  expect(plain(systemText("en", line("member_added", ana, ben), now))).toBe("Ana added Benjamin");
});

test.each(systemEvents)("a name that turns the text around turns only itself: %s", (event) => {
  const odd = { userId: "odd", name: "\u202eevil" };
  for (const language of ["en", "fr"] as const) {
    const text = systemText(language, line(event, odd, odd), []);
    expect(text.replaceAll("\u2068\u202eevil\u2069", "")).not.toContain("\u202e");
  }
});
