import { asCodedError } from "@parloir/client/core/link.ts";
import { Avatar } from "@parloir/client/react/avatar.tsx";
import { useClient } from "@parloir/client/react/client-context.tsx";
import { Dialog } from "@parloir/client/react/dialog.tsx";
import { Icon } from "@parloir/client/react/icons.tsx";
import { useSelected } from "@parloir/client/react/use-snapshot.ts";
import type { Contact } from "@parloir/contracts/shapes.ts";
import { useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { PeoplePicker } from "./people-picker.tsx";

interface MembersProps {
  conversationId: string;
  onClose: () => void;
}

/** Who is in a group; every member may add somebody, and take somebody out. */
export default function Members({ conversationId, onClose }: MembersProps) {
  const { t } = useLanguage();
  const client = useClient();
  const members = useSelected(
    client.conversations,
    ({ items }) => items.find(({ id }) => id === conversationId)?.participants,
  );
  const [adding, setAdding] = useState(false);
  const [chosen, setChosen] = useState<readonly Contact[]>([]);
  const [asked, setAsked] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const path = `/api/messages/conversations/${conversationId}/members`;

  async function change(work: () => Promise<unknown>) {
    setBusy(true);
    setFailure(null);
    try {
      await work();
      setAdding(false);
      setChosen([]);
      setAsked(null);
    } catch (error) {
      setFailure(asCodedError(error).code === "NOT_FOUND" ? t.personGone : t.changeFailed);
    }
    setBusy(false);
  }
  const add = () =>
    change(async () => {
      for (const { userId } of chosen) {
        await client.rest("POST", path, { userId });
        // Who is in is no longer to be added, should a later one fail.
        setChosen((left) => left.filter((one) => one.userId !== userId));
      }
    });

  return (
    <Dialog
      title={adding ? t.addMembers : t.membersCount(members?.length ?? 0)}
      className="people-dialog"
      testId="members-dialog"
      onClose={onClose}
    >
      <div className="people-scroll">
        {adding ? (
          <PeoplePicker
            chosen={chosen}
            onChoose={setChosen}
            without={members?.map(({ userId }) => userId) ?? []}
            disabled={busy}
          />
        ) : (
          <ul data-testid="members">
            {members?.map(({ userId, name, avatarUrl, role }) => (
              <li key={userId} className="member">
                <Avatar name={name} url={avatarUrl} />
                <span>
                  <span className="person-name" dir="auto">
                    {name}
                  </span>
                  <span className="person-title">{userId === client.me() ? t.you : t.roleName(role)}</span>
                </span>
                {userId !== client.me() && (
                  <button
                    type="button"
                    className={
                      asked === userId ? "button button-outlined" : "button button-icon button-quiet"
                    }
                    aria-label={asked === userId ? undefined : t.removeMember(name)}
                    title={asked === userId ? undefined : t.removeMember(name)}
                    disabled={busy}
                    data-testid="remove-member"
                    onClick={() =>
                      asked === userId
                        ? void change(() => client.rest("DELETE", `${path}/${encodeURIComponent(userId)}`))
                        : setAsked(userId)
                    }
                  >
                    {asked === userId ? t.reallyRemove : <Icon name="close" />}
                  </button>
                )}
              </li>
            ))}
          </ul>
        )}
      </div>
      {failure && (
        <p className="note" role="alert">
          {failure}
        </p>
      )}
      <div className="people-start">
        {!adding && (
          <button
            type="button"
            className="button button-outlined"
            data-testid="add-members"
            onClick={() => setAdding(true)}
          >
            {t.addMembers}
          </button>
        )}
        {adding && (
          <button
            type="button"
            className="button button-filled"
            disabled={busy || chosen.length === 0}
            data-testid="add-chosen"
            onClick={() => void add()}
          >
            {t.addChosen(chosen.length)}
          </button>
        )}
      </div>
    </Dialog>
  );
}
