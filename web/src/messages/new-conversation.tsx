import { Avatar } from "@parloir/client/react/avatar.tsx";
import { useClient } from "@parloir/client/react/client-context.tsx";
import { Dialog } from "@parloir/client/react/dialog.tsx";
import { CodedError } from "@parloir/contracts/errors.ts";
import type { DemoAccount } from "@parloir/contracts/http.ts";
import { useEffect, useRef, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { addressOf, go } from "../route.ts";
import { demoAccounts } from "../session.ts";

/** Chooses somebody to write to. The people are those of the demonstration: a host knows its own. */
export default function NewConversation({ onClose }: { onClose: () => void }) {
  const { t, language } = useLanguage();
  const client = useClient();
  const dialog = useRef<HTMLDialogElement>(null);
  const [people, setPeople] = useState<DemoAccount[] | null>(null);
  const [state, setState] = useState<"choosing" | "starting" | "failed" | "absent">("choosing");

  useEffect(() => {
    demoAccounts().then(
      (accounts) => setPeople(accounts.filter((one) => one.id !== client.me())),
      (error) => setState(error instanceof CodedError && error.code === "NOT_FOUND" ? "absent" : "failed"),
    );
  }, [client]);

  async function start(recipientId: string) {
    setState("starting");
    try {
      const conversation = await client.startConversation({ kind: "direct", recipientId });
      dialog.current?.close();
      go(addressOf(conversation.id));
    } catch {
      setState("failed");
    }
  }

  return (
    <Dialog ref={dialog} title={t.newConversationWith} onClose={onClose}>
      {state === "failed" && (
        <p className="note" role="alert">
          {t.signInFailed}
        </p>
      )}
      {state === "absent" && <p className="note">{t.noDirectory}</p>}
      {!people && state !== "failed" && state !== "absent" && <p className="note">{t.loading}</p>}
      {people?.length === 0 && <p className="note">{t.nobodyElse}</p>}
      <ul>
        {people?.map((one) => (
          <li key={one.id}>
            <button
              type="button"
              className="person"
              data-person={one.id}
              disabled={state === "starting"}
              onClick={() => void start(one.id)}
            >
              <Avatar name={one.name} />
              <span>
                <span className="person-name">{one.name}</span>
                <span className="person-title">{one.title[language]}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
