import type { Page } from "@parloir/contracts/http.ts";
import type { Block } from "@parloir/contracts/shapes.ts";
import { useEffect, useState } from "react";
import { useClient } from "../client-context.tsx";
import { useTexts } from "../language.tsx";
import { AskingItem, Menu, MenuItem } from "../menu.tsx";
import { useSelected } from "../use-snapshot.ts";
import { othersOf } from "./names.ts";

interface ItemsProps {
  conversationId: string;
  anchor: HTMLElement;
  onClose: () => void;
  onGone: (() => void) | undefined;
}

const hourMs = 3_600_000;

/** Loaded with the first menu that is opened. */
export default function ConversationMenuItems({ conversationId, anchor, onClose, onGone }: ItemsProps) {
  const { t, formats } = useTexts();
  const client = useClient();
  const conversation = useSelected(client.conversations, ({ items }) =>
    items.find(({ id }) => id === conversationId),
  );
  const [asked, setAsked] = useState<"block" | "delete" | "leave" | "mute" | null>(null);
  const [failed, setFailed] = useState(false);
  const [other] = conversation?.kind === "direct" ? othersOf(conversation, client.me()) : [];
  const blocked = useBlocked(other?.userId);
  // An agent who looks into a support conversation is no member: there is nothing of theirs to keep.
  const isMember = conversation?.participants.some(({ userId }) => userId === client.me());
  if (!conversation || !isMember) return null;

  /** The menu stays open with what went wrong in it. */
  const then = (act: () => Promise<unknown>, isGone = false) => {
    return () => {
      setFailed(false);
      act().then(
        () => {
          onClose();
          if (isGone) onGone?.();
        },
        () => setFailed(true),
      );
    };
  };
  const mute = (until: Date | "ever" | null) => then(() => client.keeping.setMuted(conversationId, until));
  const block = (method: "PUT" | "DELETE", userId: string) =>
    then(() => client.rest(method, `/api/blocks/${encodeURIComponent(userId)}`));
  // Of these one asks at a time.
  const asking = (what: "block" | "delete" | "leave") => ({
    isAsked: asked === what,
    onAsk: () => setAsked(what),
  });
  const { archived, mutedUntil } = conversation;
  const isMuted = mutedUntil !== null && Date.parse(mutedUntil) > Date.now();

  if (asked === "mute")
    return (
      <Menu anchor={anchor} onClose={onClose} label={t.muteConversation}>
        <MenuItem icon="muted" text={t.muteForHour} focused onClick={mute(new Date(Date.now() + hourMs))} />
        <MenuItem icon="muted" text={t.muteForDay} onClick={mute(new Date(Date.now() + 24 * hourMs))} />
        <MenuItem icon="muted" text={t.muteForEver} onClick={mute("ever")} />
        {failed && <Failed text={t.changeFailed} />}
      </Menu>
    );
  return (
    <Menu anchor={anchor} onClose={onClose} label={t.conversationActions}>
      {isMuted ? (
        <MenuItem icon="sound" text={t.unmuteConversation(untilText(mutedUntil))} onClick={mute(null)} />
      ) : (
        <MenuItem icon="muted" text={t.muteConversation} onClick={() => setAsked("mute")} />
      )}
      <MenuItem
        icon="archive"
        text={archived ? t.unarchive : t.archive}
        onClick={then(() => client.keeping.setArchived(conversationId, !archived), !archived)}
      />
      {other && blocked === true && (
        <MenuItem icon="block" text={t.unblock} onClick={block("DELETE", other.userId)} />
      )}
      {other && blocked === false && (
        <AskingItem
          icon="block"
          text={t.block}
          question={t.reallyBlock}
          {...asking("block")}
          onSure={block("PUT", other.userId)}
        />
      )}
      {conversation.kind === "group" && (
        <AskingItem
          icon="leave"
          text={t.leaveGroup}
          question={t.reallyLeave}
          {...asking("leave")}
          onSure={then(() => client.keeping.leave(conversationId), true)}
        />
      )}
      <AskingItem
        icon="bin"
        text={t.deleteForMe}
        question={t.reallyDeleteForMe}
        {...asking("delete")}
        onSure={then(() => client.keeping.deleteForMe(conversationId), true)}
      />
      {failed && <Failed text={t.changeFailed} />}
    </Menu>
  );

  /** «Ever» is a year that nobody will see. */
  function untilText(until: string): string {
    const date = new Date(until);
    return date.getTime() - Date.now() > 366 * 24 * hourMs ? "" : formats.full(date);
  }
}

function Failed({ text }: { text: string }) {
  return (
    <p className="popover-note" role="alert">
      {text}
    </p>
  );
}

/** Undefined while it is not known, and where there is nobody to block. */
function useBlocked(userId: string | undefined): boolean | undefined {
  const client = useClient();
  const [blocked, setBlocked] = useState<boolean>();
  useEffect(() => {
    if (userId === undefined) return;
    let isCurrent = true;
    client.rest<Page<Block>>("GET", "/api/blocks?limit=200").then(
      ({ items }) => isCurrent && setBlocked(items.some((each) => each.userId === userId)),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [client, userId]);
  return blocked;
}
