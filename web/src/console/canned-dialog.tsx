import { Dialog } from "@parloir/client/react/dialog.tsx";
import { type CannedReply, placeholders } from "@parloir/contracts/canned-replies.ts";
import { type FormEvent, useCallback, useEffect, useState } from "react";
import { catalogues, languages } from "../languages/catalogue.ts";
import { cannedPath, readCannedReplies } from "./canned.ts";
import { useConsole, useConsoleTexts } from "./desk-context.tsx";

/** The team's ready-made replies: to read, to write, to change. */
export function CannedDialog({ onClose }: { onClose: () => void }) {
  const t = useConsoleTexts();
  const { client } = useConsole();
  const [replies, setReplies] = useState<readonly CannedReply[]>([]);
  const [edited, setEdited] = useState<CannedReply | "new" | null>(null);
  const [failed, setFailed] = useState(false);

  const load = useCallback(() => {
    readCannedReplies(client).then(setReplies, () => setFailed(true));
  }, [client]);
  useEffect(load, [load]);

  async function save(method: "POST" | "PATCH" | "DELETE", path: string, body?: object) {
    setFailed(false);
    try {
      await client.rest(method, path, body);
      setEdited(null);
      load();
    } catch {
      setFailed(true);
    }
  }

  return (
    <Dialog title={t.cannedList} onClose={onClose}>
      <div className="dialog-body">
        {failed && <p role="alert">{t.cannedTaken}</p>}
        {edited === null ? (
          <>
            <p>{replies.length === 0 ? t.cannedEmpty : t.cannedHint}</p>
            <ul className="canned-list">
              {replies.map((reply) => (
                <li key={reply.id}>
                  <span>
                    <kbd>/{reply.shortcut}</kbd> <strong>{reply.title}</strong>
                  </span>
                  <button type="button" className="button-text" onClick={() => setEdited(reply)}>
                    {t.edit}
                  </button>
                </li>
              ))}
            </ul>
            <button type="button" className="button button-filled" onClick={() => setEdited("new")}>
              {t.cannedNew}
            </button>
          </>
        ) : (
          <CannedForm reply={edited === "new" ? null : edited} save={save} cancel={() => setEdited(null)} />
        )}
      </div>
    </Dialog>
  );
}

interface CannedFormProps {
  reply: CannedReply | null;
  save: (method: "POST" | "PATCH" | "DELETE", path: string, body?: object) => Promise<void>;
  cancel: () => void;
}

function CannedForm({ reply, save, cancel }: CannedFormProps) {
  const t = useConsoleTexts();
  const path = reply ? `${cannedPath}/${reply.id}` : cannedPath;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const locale = String(given.get("locale"));
    const body = {
      shortcut: String(given.get("shortcut")),
      title: String(given.get("title")),
      content: String(given.get("content")),
    };
    void save(reply ? "PATCH" : "POST", path, { ...body, locale: locale === "" ? null : locale });
  }

  return (
    <form className="canned-form" onSubmit={submit}>
      <label>
        {t.cannedShortcut}
        <input
          name="shortcut"
          className="field"
          defaultValue={reply?.shortcut}
          pattern="[A-Za-z0-9][A-Za-z0-9_\-]{0,31}"
          required
        />
      </label>
      <label>
        {t.cannedTitle}
        <input name="title" className="field" defaultValue={reply?.title} maxLength={100} required />
      </label>
      <label>
        {t.cannedContent}
        <textarea
          name="content"
          className="field"
          rows={5}
          defaultValue={reply?.content}
          maxLength={4_000}
          required
        />
      </label>
      <p className="hint">
        {t.cannedPlaceholders}{" "}
        {Object.keys(placeholders)
          .map((name) => `{${name}}`)
          .join(" ")}
      </p>
      <label>
        {t.cannedLocale}
        <select name="locale" className="field" defaultValue={reply?.locale ?? ""}>
          <option value="">{t.cannedAnyLocale}</option>
          {languages.map((each) => (
            <option key={each} value={each}>
              {catalogues[each].languageName}
            </option>
          ))}
        </select>
      </label>
      <div className="form-actions">
        <button type="submit" className="button button-filled">
          {t.save}
        </button>
        <button type="button" className="button button-outlined" onClick={cancel}>
          {t.cancel}
        </button>
        {reply && (
          <button type="button" className="button button-quiet" onClick={() => void save("DELETE", path)}>
            {t.remove}
          </button>
        )}
      </div>
    </form>
  );
}
