import type { Page } from "@parloir/contracts/http.ts";
import type { Conversation } from "@parloir/contracts/shapes.ts";
import type { Conversations } from "./conversations.ts";
import type { Rest } from "./rest.ts";

/** What one keeps of a conversation for oneself; the others are told of none of it. All throw CodedError. */
export interface Keeping {
  setArchived(conversationId: string, archived: boolean): Promise<void>;
  /** No notifications until then; `"ever"`: until somebody ends it; null ends it. */
  setMuted(conversationId: string, until: Date | "ever" | null): Promise<void>;
  /** Its history is gone for oneself; the next message brings it back. */
  deleteForMe(conversationId: string): Promise<void>;
  /** Groups only. */
  leave(conversationId: string): Promise<void>;
  /** The list holds none of them until then; who shows it tells them by `archived`. */
  loadArchived(): Promise<void>;
}

const list = "/api/messages/conversations";
/** Nobody looks further back in what they put away; search does. */
const mostPages = 4;

export function createKeeping(options: {
  rest: Rest;
  conversations: Conversations;
  /** What was read of it is to be read anew. */
  forget: (conversationId: string) => void;
}): Keeping {
  const { rest, conversations, forget } = options;
  const address = (id: string) => `${list}/${encodeURIComponent(id)}`;

  async function change(id: string, action: string, body?: unknown): Promise<void> {
    conversations.put(await rest<Conversation>("POST", `${address(id)}/${action}`, body));
  }

  return {
    setArchived: (id, archived) => change(id, archived ? "archive" : "unarchive"),
    setMuted: (id, until) =>
      change(id, "mute", until === "ever" ? {} : { until: until?.toISOString() ?? null }),
    async deleteForMe(id) {
      await rest("DELETE", address(id));
      conversations.remove(id);
      forget(id);
    },
    async leave(id) {
      await rest("POST", `${address(id)}/leave`);
      conversations.remove(id);
    },
    async loadArchived() {
      let cursor: string | null = "";
      for (let pages = 0; cursor !== null && pages < mostPages; pages++) {
        const after: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
        const page: Page<Conversation> = await rest("GET", `${list}?archived=true&limit=50${after}`);
        for (const each of page.items) conversations.put(each);
        cursor = page.nextCursor;
      }
    },
  };
}
