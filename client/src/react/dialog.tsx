import { type ReactNode, type RefObject, useEffect, useId, useRef } from "react";
import { Icon } from "./icons.tsx";
import { useTexts } from "./language.tsx";

interface DialogProps {
  title: string;
  /** It was closed: by its button, with Esc, or by `close` of the `ref`, which gives the focus back. */
  onClose: () => void;
  ref?: RefObject<HTMLDialogElement | null>;
  className?: string;
  testId?: string;
  children: ReactNode;
}

/** The browser's own modal: it keeps the focus inside, closes on Esc and gives the focus back. */
export function Dialog({ title, onClose, ref, className = "", testId, children }: DialogProps) {
  const { t } = useTexts();
  const id = useId();
  const own = useRef<HTMLDialogElement>(null);
  const dialog = ref ?? own;
  useEffect(() => dialog.current?.showModal(), [dialog]);
  return (
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-labelledby={id}
      data-testid={testId}
      onClose={onClose}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <button
          type="button"
          className="button button-icon button-quiet"
          aria-label={t.close}
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
