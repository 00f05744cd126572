import { createId } from "@parloir/client/core/ids.ts";
import { asCodedError } from "@parloir/client/core/link.ts";
import { useClient } from "@parloir/client/react/client-context.tsx";
import { Dialog } from "@parloir/client/react/dialog.tsx";
import { Icon } from "@parloir/client/react/icons.tsx";
import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import type { CreateConversationBody } from "@parloir/contracts/http.ts";
import type { Contact } from "@parloir/contracts/shapes.ts";
import { useRef, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { addressOf, go } from "../route.ts";
import { isTeam, session } from "../session.ts";
import { PeoplePicker } from "./people-picker.tsx";

/** Chooses whom one writes to: one person, several as a group, or the team. */
export default function NewConversation({ onClose }: { onClose: () => void }) {
  const { t } = useLanguage();
  const client = useClient();
  const dialog = useRef<HTMLDialogElement>(null);
  // Whoever is of the team does not write to it.
  const mayAskTeam = !isTeam(useSnapshot(session)?.user.role);
  const [chosen, setChosen] = useState<readonly Contact[]>([]);
  const [title, setTitle] = useState("");
  const [starting, setStarting] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  async function start(body: CreateConversationBody) {
    setStarting(true);
    setFailure(null);
    try {
      const conversation = await client.startConversation(body);
      dialog.current?.close();
      go(addressOf(conversation.id));
    } catch (error) {
      setFailure(asCodedError(error).code === "NOT_FOUND" ? t.personGone : t.changeFailed);
      setStarting(false);
    }
  }

  const [first, ...rest] = chosen;
  return (
    <Dialog
      ref={dialog}
      title={t.newConversationWith}
      className="people-dialog"
      testId="new-conversation-dialog"
      onClose={onClose}
    >
      <div className="people-scroll">
        {mayAskTeam && chosen.length === 0 && (
          <button
            type="button"
            className="person"
            data-testid="ask-team"
            disabled={starting}
            onClick={() => void start({ kind: "support" })}
          >
            <span className="avatar" aria-hidden="true">
              <Icon name="logo" />
            </span>
            <span>
              <span className="person-name">{t.theTeam}</span>
              <span className="person-title">{t.theTeamHint}</span>
            </span>
          </button>
        )}
        <PeoplePicker chosen={chosen} onChoose={setChosen} disabled={starting} />
      </div>
      {failure && (
        <p className="note" role="alert">
          {failure}
        </p>
      )}
      {first && (
        <form
          className="people-start"
          onSubmit={(event) => {
            event.preventDefault();
            void start(
              rest.length === 0 ? { kind: "direct", recipientId: first.userId } : group(chosen, title),
            );
          }}
        >
          {rest.length > 0 && (
            <label>
              {t.groupTitle}
              <input
                value={title}
                maxLength={120}
                dir="auto"
                data-testid="group-title"
                onChange={({ target }) => setTitle(target.value)}
              />
            </label>
          )}
          <button
            type="submit"
            className="button button-filled"
            disabled={starting}
            data-testid="begin-conversation"
          >
            {rest.length === 0 ? t.writeTo(first.name) : t.beginGroup(chosen.length + 1)}
          </button>
        </form>
      )}
    </Dialog>
  );
}

/** Without a title it is called by its members' names. */
function group(chosen: readonly Contact[], title: string): CreateConversationBody {
  const named = title.trim();
  return {
    kind: "group",
    memberIds: chosen.map(({ userId }) => userId),
    ...(named === "" ? {} : { subject: { type: "group", id: createId(), title: named } }),
  };
}
