import { Icon } from "@parloir/client/react/icons.tsx";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { useLanguage } from "../languages/language.tsx";

/** The browser's own modal: it keeps the focus inside, closes on Esc and gives the focus back. */
export function Dialog(props: { title: string; onClose: () => void; children: ReactNode }) {
  const { t } = useLanguage();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={id} onClose={props.onClose}>
      <header>
        <h2 id={id}>{props.title}</h2>
        <button
          type="button"
          className="button button-icon button-quiet"
          aria-label={t.close}
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      <div className="dialog-body">{props.children}</div>
    </dialog>
  );
}
