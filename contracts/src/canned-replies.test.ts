import { describe, expect, it } from "vitest";
import { createCannedReplyBody, fillPlaceholders } from "./canned-replies.ts";

describe("placeholders", () => {
  it.each([
    ["Hello {customer.name}, {agent.name} here.", "Hello Ana, Kim here."],
    ["About {subject.title}", "About {subject.title}"],
    ["{customer.name}{customer.name}", "AnaAna"],
    [
      "a {plain} brace, {customer.email}, {__proto__.name} and $&",
      "a {plain} brace, {customer.email}, {__proto__.name} and $&",
    ],
  ])("of «%s» are filled once, and what has no value stays", (content, filled) => {
    expect(fillPlaceholders(content, { "customer.name": "Ana", "agent.name": "Kim" })).toBe(filled);
  });

  it("in a value are not filled again: a customer's name is no template", () => {
    const values = { "customer.name": "{agent.name}", "agent.name": "Kim" };
    expect(fillPlaceholders("{customer.name}", values)).toBe("{agent.name}");
  });

  it.each([
    ["Hello {customer.name}", true],
    ["Hello {plain} {0} {}", true],
    ["Hello {customer.email}", false],
    ["{constructor.name}", false],
  ])("in «%s» are known: %s", (content, valid) => {
    const reply = { shortcut: "hello", title: "Hello", content };
    expect(createCannedReplyBody.safeParse(reply).success).toBe(valid);
  });
});
