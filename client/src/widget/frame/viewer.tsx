import type { Attachment } from "@parloir/contracts/shapes.ts";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useSaveFile } from "../../react/thread/save-file.ts";
import { Shape } from "./head.tsx";
import { useWidget } from "./widget-context.ts";

interface ViewerProps {
  pictures: readonly Attachment[];
  first: Attachment;
  onClose: () => void;
}

/** A message's pictures as large as the widget is; arrows go from one to the next. */
export function Viewer({ pictures, first, onClose }: ViewerProps) {
  const { client, t } = useWidget();
  const { failed, save } = useSaveFile(client);
  const dialog = useRef<HTMLDialogElement>(null);
  const [index, setIndex] = useState(() => Math.max(0, pictures.indexOf(first)));
  const picture = pictures[index] ?? first;
  const { url, isLost } = useUrl(picture);

  // The browser's own modal: it keeps the focus inside, closes at Escape and gives the focus back.
  useEffect(() => dialog.current?.showModal(), []);

  const go = (step: number) => setIndex((index + step + pictures.length) % pictures.length);
  function onKeyDown(event: KeyboardEvent) {
    // The key is for this; the next one is the widget's.
    if (event.key === "Escape") event.stopPropagation();
    const forward = dialog.current?.matches(":dir(rtl)") ? "ArrowLeft" : "ArrowRight";
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") go(event.key === forward ? 1 : -1);
  }

  return (
    <dialog ref={dialog} className="viewer" aria-label={picture.name} onClose={onClose} onKeyDown={onKeyDown}>
      <header className="head">
        <h1 dir="auto">{picture.name}</h1>
        <button
          type="button"
          className="icon"
          aria-label={t.save(picture.name)}
          onClick={() => save(picture)}
        >
          <Shape path="M12 4v12M6 11l6 6 6-6M5 20h14" />
        </button>
        <button type="button" className="icon" aria-label={t.close} onClick={() => dialog.current?.close()}>
          <Shape path="M6 6l12 12M18 6L6 18" />
        </button>
      </header>
      {(failed || isLost) && (
        <p className="notice" role="alert">
          {t.fileFailed}
        </p>
      )}
      <div className="stage">
        {url !== null && <img src={url} alt={picture.name} data-testid="viewed-picture" />}
      </div>
      {pictures.length > 1 && (
        <footer className="turn">
          <button type="button" className="icon" aria-label={t.previous} onClick={() => go(-1)}>
            <Shape path="M15 5l-7 7 7 7" />
          </button>
          {index + 1} / {pictures.length}
          <button type="button" className="icon" aria-label={t.next} onClick={() => go(1)}>
            <Shape path="M9 5l7 7-7 7" />
          </button>
        </footer>
      )}
    </dialog>
  );
}

/** Of the whole picture; null until it is there. */
function useUrl(picture: Attachment): { url: string | null; isLost: boolean } {
  const { client } = useWidget();
  const [state, setState] = useState<{ of: Attachment; url: string | null }>({ of: picture, url: null });
  const [lost, setLost] = useState<Attachment | null>(null);
  useEffect(() => {
    client.fileLink(picture).then(
      ({ url }) => setState({ of: picture, url }),
      () => setLost(picture),
    );
  }, [client, picture]);
  return { url: state.of === picture ? state.url : null, isLost: lost === picture };
}
