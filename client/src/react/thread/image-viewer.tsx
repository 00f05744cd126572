import type { Attachment } from "@parloir/contracts/shapes.ts";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { useSaveFile } from "./save-file.ts";

interface ImageViewerProps {
  pictures: readonly Attachment[];
  first: Attachment;
  onClose: () => void;
}

/** A message's pictures as large as the window allows; arrows go from one to the next. */
export default function ImageViewer({ pictures, first, onClose }: ImageViewerProps) {
  const { t } = useTexts();
  const client = useClient();
  const dialog = useRef<HTMLDialogElement>(null);
  const [index, setIndex] = useState(() => Math.max(0, pictures.indexOf(first)));
  const [url, setUrl] = useState<string | null>(null);
  const [isLost, setLost] = useState(false);
  const { failed, save } = useSaveFile(client);
  const picture = pictures[index] ?? first;

  // The browser's own modal: it keeps the focus inside, closes at Escape and gives the focus back.
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    let isCurrent = true;
    setUrl(null);
    setLost(false);
    client.fileLink(picture).then(
      (link) => isCurrent && setUrl(link.url),
      () => isCurrent && setLost(true),
    );
    return () => {
      isCurrent = false;
    };
  }, [client, picture]);

  const go = (step: number) => setIndex((index + step + pictures.length) % pictures.length);
  function onKeyDown({ key }: KeyboardEvent) {
    if (pictures.length < 2) return;
    const forward = dialog.current?.matches(":dir(rtl)") ? "ArrowLeft" : "ArrowRight";
    if (key === "ArrowLeft" || key === "ArrowRight") go(key === forward ? 1 : -1);
  }

  return (
    <dialog ref={dialog} className="viewer" aria-label={picture.name} onClose={onClose} onKeyDown={onKeyDown}>
      <header>
        <span className="attachment-name" dir="auto">
          {picture.name}
        </span>
        {pictures.length > 1 && (
          <span className="viewer-count">
            {index + 1} / {pictures.length}
          </span>
        )}
        <button
          type="button"
          className="button button-icon"
          aria-label={t.openFile(picture.name)}
          onClick={() => save(picture)}
        >
          <Icon name="down" />
        </button>
        <button
          type="button"
          className="button button-icon"
          aria-label={t.close}
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      {(failed || isLost) && (
        <p className="viewer-problem" role="alert">
          {t.fileFailed}
        </p>
      )}
      <div className="viewer-stage">
        {url && <img src={url} alt={picture.name} data-testid="viewed-picture" />}
      </div>
      {pictures.length > 1 && (
        <>
          <button
            type="button"
            className="button button-icon viewer-previous"
            aria-label={t.previousPicture}
            onClick={() => go(-1)}
          >
            <Icon name="back" />
          </button>
          <button
            type="button"
            className="button button-icon viewer-next"
            aria-label={t.nextPicture}
            onClick={() => go(1)}
          >
            <Icon name="next" />
          </button>
        </>
      )}
    </dialog>
  );
}
