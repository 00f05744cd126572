import type { CallEnding } from "@parloir/contracts/calls.ts";
import type { Participant, SystemEvent, SystemLine } from "@parloir/contracts/shapes.ts";
import { systemEvents } from "@parloir/contracts/shapes.ts";
import { expect, test } from "vitest";
import { systemText } from "./system-text.ts";

const ana = { userId: "ana", name: "Ana" };
const ben = { userId: "ben", name: "Ben" };
const called = (ending: CallEnding, seconds: number | null): SystemLine => ({
  ...line("called", ana, ben),
  call: { ending, seconds },
});
const line = (event: SystemEvent, actor: SystemLine["actor"], person: SystemLine["person"]) => ({
  event,
  actor,
  person,
});
/** Without the marks that keep a name's direction to itself, and a number with its unit. */
const plain = (text: string) => text.replace(/[\u2068\u2069]/g, "").replaceAll("\u00a0", " ");

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
  [called("hung_up", 45), "Video call, 45 s", "Appel vidéo, 45 s"],
  [called("forbidden", 180), "Video call, 3 min", "Appel vidéo, 3 min"],
  [called("hung_up", 3_590), "Video call, 1 h", "Appel vidéo, 1 h"],
  [called("hung_up", 3_900), "Video call, 1 h 5 min", "Appel vidéo, 1 h 5 min"],
  [called("failed", 60), "Video call that broke off after 1 min", "Appel vidéo interrompu après 1 min"],
  [called("declined", null), "Ana called Ben, who declined", "Ana a appelé Ben, qui a refusé l’appel"],
  [called("unanswered", null), "Ana called Ben, without an answer", "Ana a appelé Ben, sans réponse"],
  [called("busy", null), "Ana called Ben, without an answer", "Ana a appelé Ben, sans réponse"],
])("%j in both languages", (said, en, fr) => {
  expect([plain(systemText("en", said, [], "ana")), plain(systemText("fr", said, [], "ana"))]).toEqual([
    en,
    fr,
  ]);
});

test.each(["unanswered", "cancelled", "busy"] as const)("who was called has missed it: %s", (ending) => {
  const said = called(ending, null);
  expect(plain(systemText("en", said, [], "ben"))).toBe("Missed video call from Ana");
  expect(plain(systemText("fr", said, [], "ben"))).toBe("Appel vidéo manqué de Ana");
});

test("two people of one name are two", () => {
  const other = { userId: "ben2", name: "Ben" };
  expect(plain(systemText("en", line("assigned", other, ben), [], null))).toBe(
    "Ben gave the conversation to Ben",
  );
});

test("people are called as they are now, and as they were when they are there no more", () => {
  const now: Participant[] = [{ userId: "ben", name: "Benjamin", role: "client", lastReadSeq: 0 }];
  expect(plain(systemText("en", line("member_added", ana, ben), now, null))).toBe("Ana added Benjamin");
});

test.each(systemEvents)("a name that turns the text around turns only itself: %s", (event) => {
  const odd = { userId: "odd", name: "\u202eevil" };
  for (const language of ["en", "fr"] as const) {
    const text = systemText(language, line(event, odd, odd), [], null);
    expect(text.replaceAll("\u2068\u202eevil\u2069", "")).not.toContain("\u202e");
  }
});
