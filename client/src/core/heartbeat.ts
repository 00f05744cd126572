import type { Conversations } from "./conversations.ts";
import { type Link, NoAnswer } from "./link.ts";
import type { Thread } from "./thread.ts";

interface HeartbeatOptions {
  link: Link;
  conversations: Conversations;
  find: (conversationId: string) => Thread | undefined;
  intervalMs?: number;
}

export interface Heartbeat {
  /** A message with this seq exists, though it may not have come here. */
  tip(conversationId: string | null, seq: number | null): void;
  close(): void;
}

/**
 * Every 15 s asks for the heads of our conversations. A lost message in the middle shows as a hole with the next one;
 * a lost last message shows only here. An unanswered beat ends a connection that only looks healthy, well before the
 * 45 s of the engine's own ping.
 */
export function createHeartbeat({
  link,
  conversations,
  find,
  intervalMs = 15_000,
}: HeartbeatOptions): Heartbeat {
  let underway = false;

  function tip(conversationId: string | null, seq: number | null): void {
    if (conversationId === null || seq === null) return;
    find(conversationId)?.noteHead(seq);
    const known = conversations.find(conversationId);
    if (known && known.lastSeq < seq) conversations.refreshOne(conversationId);
  }

  async function beat(): Promise<void> {
    const before = link.state.getSnapshot();
    if (underway || before.status !== "online") return;
    underway = true;
    try {
      const { tips } = await link.request("heartbeat", {});
      for (const [conversationId, seq] of Object.entries(tips)) tip(conversationId, seq);
    } catch (error) {
      // Only if it is still the connection that did not answer.
      if (error instanceof NoAnswer && link.state.getSnapshot() === before) link.reconnect();
    } finally {
      underway = false;
    }
  }

  const timer = setInterval(() => void beat(), intervalMs);
  return { tip, close: () => clearInterval(timer) };
}
