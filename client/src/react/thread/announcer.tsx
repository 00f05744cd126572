import { useEffect, useState } from "react";
import { systemText } from "../../core/system-text.ts";
import { useClient } from "../client-context.tsx";
import { useTexts } from "../language.tsx";
import { nameOf, previewOf } from "./names.ts";

/** Quicker than this, several messages become one sentence. */
const batchMs = 1_000;

/**
 * Tells screen readers of new messages in the thread; one stands beside each, empty at first. The list itself stays silent (`aria-live="off"`): a
 * virtual list adds and removes rows while one scrolls, and each would be read out.
 */
export function Announcer({ conversationId }: { conversationId: string }) {
  const client = useClient();
  const { t, language } = useTexts();
  const [said, setSaid] = useState("");

  useEffect(() => {
    let waiting: string[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = client.onMessage((message) => {
      if (message.conversationId !== conversationId || message.senderId === client.me()) return;
      const conversation = client.conversations
        .getSnapshot()
        .items.find((item) => item.id === conversationId);
      const participants = conversation?.participants ?? [];
      const author = participants.find((one) => one.userId === message.senderId)?.name;
      const name = author ?? nameOf(conversation, client.me(), t);
      const { system } = message;
      waiting.push(
        system
          ? systemText(language, system, participants, client.me())
          : t.newFrom(name, previewOf(message)),
      );
      timer ??= setTimeout(() => {
        timer = undefined;
        setSaid(waiting.length === 1 ? (waiting[0] ?? "") : t.newMessages(waiting.length));
        waiting = [];
      }, batchMs);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [client, conversationId, t, language]);

  return (
    <div className="visually-hidden" aria-live="polite" data-testid="announcer">
      {said}
    </div>
  );
}
