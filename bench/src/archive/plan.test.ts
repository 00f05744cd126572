import { describe, expect, it } from "vitest";
import { planConversations, planMessages } from "./plan.ts";

const size = { messages: 500, conversations: 60, seed: 3 };

function plan(seed = size.seed) {
  const conversations = planConversations({ ...size, seed });
  const messages = [...planMessages({ ...size, seed }, conversations)].map(
    ({ conversation, ...message }) => ({
      ...message,
      conversationId: conversation.id,
    }),
  );
  return { conversations, messages };
}

describe("a generated archive", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(plan()).toEqual(plan());
    expect(plan(4).messages).not.toEqual(plan().messages);
  });

  it("numbers each conversation without gaps, in the order of time", () => {
    const { conversations, messages } = plan();
    expect(messages).toHaveLength(size.messages);
    expect(messages.every((message, index) => index === 0 || messages[index - 1]!.at <= message.at)).toBe(
      true,
    );
    for (const { id, lastSeq, updatedAt } of conversations) {
      const own = messages.filter((message) => message.conversationId === id);
      expect(own.map((message) => message.seq)).toEqual(Array.from({ length: lastSeq }, (_, n) => n + 1));
      expect(own.at(-1)!.at).toBe(updatedAt);
    }
  });

  it("has an id for every message, all of version 7", () => {
    const { messages } = plan();
    expect(new Set(messages.map((message) => message.id)).size).toBe(messages.length);
    for (const { id } of messages)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
