import { createCell, type Observable } from "./observable.ts";

/** Who is typing, per conversation. */
export type TypingState = Readonly<Record<string, readonly string[]>>;

export interface Typing {
  readonly state: Observable<TypingState>;
  /** Call at every keystroke. */
  press(conversationId: string): void;
  /** The person sent, cleared the text, or left. */
  stop(): void;
  receive(typing: { conversationId: string; userId: string; isTyping: boolean }): void;
  close(): void;
}

const repeatMs = 3_000;
const idleMs = 2_000;
/** Longer than `repeatMs`, so that one lost repeat does not blink. */
const expireMs = 5_000;

export function createTyping(emit: (conversationId: string, isTyping: boolean) => void): Typing {
  const state = createCell<TypingState>({});
  const expiries = new Map<string, ReturnType<typeof setTimeout>>();
  let current: { conversationId: string; lastEmitted: number; idle: ReturnType<typeof setTimeout> } | null =
    null;

  function stop(): void {
    if (!current) return;
    clearTimeout(current.idle);
    emit(current.conversationId, false);
    current = null;
  }

  function setTyping(conversationId: string, userId: string, isTyping: boolean): void {
    state.update((present) => {
      const others = (present[conversationId] ?? []).filter((id) => id !== userId);
      if (!isTyping && others.length === (present[conversationId] ?? []).length) return present;
      const { [conversationId]: _, ...rest } = present;
      const next = isTyping ? [...others, userId] : others;
      return next.length === 0 ? rest : { ...rest, [conversationId]: next };
    });
  }

  return {
    state,
    stop,
    press(conversationId) {
      if (current && current.conversationId !== conversationId) stop();
      const now = Date.now();
      if (current) clearTimeout(current.idle);
      let lastEmitted = current?.lastEmitted ?? Number.NEGATIVE_INFINITY;
      if (now - lastEmitted >= repeatMs) {
        emit(conversationId, true);
        lastEmitted = now;
      }
      current = { conversationId, lastEmitted, idle: setTimeout(stop, idleMs) };
    },
    receive({ conversationId, userId, isTyping }) {
      const key = `${conversationId} ${userId}`;
      clearTimeout(expiries.get(key));
      expiries.delete(key);
      if (isTyping)
        expiries.set(
          key,
          setTimeout(() => setTyping(conversationId, userId, false), expireMs),
        );
      setTyping(conversationId, userId, isTyping);
    },
    close() {
      if (current) clearTimeout(current.idle);
      for (const timer of expiries.values()) clearTimeout(timer);
    },
  };
}
