import { describe, expect, it } from "vitest";
import { digestText } from "./digest-text.ts";

const line = { conversationId: "c1", title: "Ana", message: "Hello", count: 1, createdAt: "" };
const url = "https://chat.example/messages?conversation={id}";
const text = (lines: (typeof line)[], locale: string | null = null, name = "Ben") =>
  digestText({ name, locale, lines }, url);

describe("the text of an e-mail", () => {
  it("names who wrote what, how much more there is, and leads there", () => {
    const { subject, content } = text([line, { ...line, conversationId: "c2", title: "Kim", count: 3 }]);
    expect(subject).toBe("4 unread messages in 2 conversations");
    expect(content).toContain("Ana:\n    Hello\nhttps://chat.example/messages?conversation=c1");
    expect(content).toContain("Kim:\n    Hello\nand 2 messages before it\nhttps://");
  });

  it.each([
    [null, "1 unread message"],
    ["en", "1 unread message"],
    ["de", "1 unread message"],
    ["fr", "1 message non lu"],
    ["fr-CA", "1 message non lu"],
    ["fry", "1 unread message"],
  ])("is in the language of %s", (locale, subject) => expect(text([line], locale).subject).toBe(subject));

  it("keeps what people wrote indented and names on one line", () => {
    const forged = {
      ...line,
      title: "Ana\r\nBcc: x",
      message: "Hi\n-- \nYour password: https://evil.example",
    };
    const { subject, content } = text([forged], null, "Ben\n\nHello Sam");
    expect(content).toContain("Ana Bcc: x:\n    Hi\n    --\n    Your password");
    expect(content.startsWith("Hello Ben Hello Sam,\n")).toBe(true);
    expect(subject).not.toContain("\n");
  });

  it("says when there is no text", () => {
    expect(text([{ ...line, message: "" }]).content).toContain("(no text)");
  });
});
