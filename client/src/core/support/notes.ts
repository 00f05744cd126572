import { errorCodes } from "@parloir/contracts/errors.ts";
import type { Page } from "@parloir/contracts/http.ts";
import type { Note } from "@parloir/contracts/shapes.ts";
import { retryDelay } from "../backoff.ts";
import type { Client } from "../client.ts";
import { createId } from "../ids.ts";
import { asCodedError } from "../link.ts";
import { createCell, type Observable } from "../observable.ts";

/** The private notes of one support conversation. */
export interface Notes {
  /** Oldest first. */
  readonly state: Observable<readonly Note[]>;
  /** @throws CodedError; asked again with the same id it is one note */
  add(content: string, clientNoteId?: string): Promise<void>;
  close(): void;
}

export function createNotes(client: Pick<Client, "rest" | "onEvent">, conversationId: string): Notes {
  const state = createCell<readonly Note[]>([]);
  const path = `/api/messages/conversations/${encodeURIComponent(conversationId)}/notes`;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let closed = false;

  function merge(notes: readonly Note[]): void {
    state.update((present) => {
      const known = new Set(present.map(({ id }) => id));
      const added = notes.filter(({ id }) => !known.has(id));
      // Their ids are in the order of time.
      return added.length > 0 ? [...present, ...added].sort((a, b) => (a.id < b.id ? -1 : 1)) : present;
    });
  }

  async function load(): Promise<void> {
    clearTimeout(retry);
    try {
      for (let cursor: string | null = ""; cursor !== null && !closed; ) {
        const after: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
        const page: Page<Note> = await client.rest("GET", `${path}?limit=200${after}`);
        merge(page.items);
        cursor = page.nextCursor;
      }
      failures = 0;
    } catch (thrown) {
      const isLasting = !errorCodes[asCodedError(thrown).code].retryable;
      if (!closed && !isLasting) retry = setTimeout(() => void load(), retryDelay(++failures));
    }
  }

  const ends = client.onEvent(({ event, payload }) => {
    if (event === "note_added" && payload.conversationId === conversationId) merge([payload]);
    if (event === "ready") void load();
  });
  void load();

  return {
    state,
    async add(content, clientNoteId = createId()) {
      merge([await client.rest<Note>("POST", path, { clientNoteId, content })]);
    },
    close() {
      closed = true;
      ends();
      clearTimeout(retry);
    },
  };
}
