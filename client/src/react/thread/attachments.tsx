import type { AttachmentLink } from "@parloir/contracts/http.ts";
import type { Attachment } from "@parloir/contracts/shapes.ts";
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { useSaveFile } from "./save-file.ts";
import { VoiceNote } from "./voice-note.tsx";

const ImageViewer = lazy(() => import("./image-viewer.tsx"));

const isPicture = ({ mediaType, width, height }: Attachment) =>
  mediaType.startsWith("image/") && width !== undefined && height !== undefined;

/** What a message carries: pictures small, with the whole one behind them; sound to play; files as rows. */
export function Attachments({ files }: { files: readonly Attachment[] }) {
  const [viewed, setViewed] = useState<Attachment | null>(null);
  return (
    <>
      <ul className="attachments">
        {files.map((file) => (
          <li key={file.id}>
            <OneAttachment file={file} onView={() => setViewed(file)} />
          </li>
        ))}
      </ul>
      {viewed && (
        <Suspense>
          <ImageViewer pictures={files.filter(isPicture)} first={viewed} onClose={() => setViewed(null)} />
        </Suspense>
      )}
    </>
  );
}

function OneAttachment({ file, onView }: { file: Attachment; onView: () => void }) {
  const { link, refresh } = useLink(file);
  if (isPicture(file)) return <Picture file={file} link={link} refresh={refresh} onView={onView} />;
  if (file.mediaType.startsWith("audio/")) return <VoiceNote file={file} url={link?.url} onError={refresh} />;
  return <FileRow file={file} />;
}

interface LinkedProps {
  file: Attachment;
  link: AttachmentLink | null;
  refresh: () => void;
  onView: () => void;
}

function Picture({ file, link, refresh, onView }: LinkedProps) {
  const { t } = useTexts();
  return (
    <button
      type="button"
      className="attachment-picture"
      aria-label={t.viewPicture(file.name)}
      onClick={onView}
    >
      <img
        src={link?.thumbnailUrl ?? link?.url}
        alt={file.name}
        // Before it is there, its place is: nothing jumps when it comes.
        width={file.width}
        height={file.height}
        loading="lazy"
        data-testid="picture"
        onError={refresh}
      />
    </button>
  );
}

function FileRow({ file }: { file: Attachment }) {
  const { t, formats } = useTexts();
  const { failed, save } = useSaveFile(useClient());
  return (
    <>
      <button
        type="button"
        className="attachment-file"
        aria-label={t.openFile(file.name)}
        onClick={() => save(file)}
      >
        <Icon name="file" />
        <span className="attachment-name" dir="auto">
          {file.name}
        </span>
        <span>{formats.size(file.size)}</span>
      </button>
      {failed && (
        <p className="attachment-problem" role="alert">
          {t.fileFailed}
        </p>
      )}
    </>
  );
}

/** A file that cannot be shown at all must not be asked for without end. */
const maxAsked = 3;

/** A link for what is shown; null until it is there. `refresh` asks again, once a link has ended. */
function useLink(file: Attachment): { link: AttachmentLink | null; refresh: () => void } {
  const client = useClient();
  const [link, setLink] = useState<AttachmentLink | null>(null);
  const asked = useRef(0);
  const shows = /^(?:image|audio)\//.test(file.mediaType);
  const ask = useCallback(() => {
    if (!shows || asked.current >= maxAsked) return;
    asked.current += 1;
    client.fileLink(file).then(setLink, () => undefined);
  }, [client, file, shows]);
  useEffect(ask, [ask]);
  return { link, refresh: ask };
}
