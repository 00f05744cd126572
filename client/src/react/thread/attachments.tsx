import type { AttachmentLink } from "@parloir/contracts/http.ts";
import type { Attachment } from "@parloir/contracts/shapes.ts";
import { useCallback, useEffect, useRef, useState } from "react";
import { useClient } from "../client-context.tsx";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";

/** What a message carries: pictures small, with the whole one behind them; sound to play; files as rows. */
export function Attachments({ files }: { files: readonly Attachment[] }) {
  return (
    <ul className="attachments">
      {files.map((file) => (
        <li key={file.id}>
          <OneAttachment file={file} />
        </li>
      ))}
    </ul>
  );
}

function OneAttachment({ file }: { file: Attachment }) {
  const { link, refresh } = useLink(file);
  if (file.mediaType.startsWith("image/") && file.width && file.height)
    return <Picture file={file} link={link} refresh={refresh} />;
  if (file.mediaType.startsWith("audio/"))
    return (
      <audio controls preload="none" src={link?.url} aria-label={file.name} onError={refresh}>
        <track kind="captions" />
      </audio>
    );
  return <FileRow file={file} />;
}

interface LinkedProps {
  file: Attachment;
  link: AttachmentLink | null;
  refresh: () => void;
}

function Picture({ file, link, refresh }: LinkedProps) {
  const { t } = useTexts();
  const open = useOpen(file);
  return (
    <button type="button" className="attachment-picture" aria-label={t.openFile(file.name)} onClick={open}>
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
  const open = useOpen(file);
  return (
    <button type="button" className="attachment-file" aria-label={t.openFile(file.name)} onClick={open}>
      <Icon name="file" />
      <span className="attachment-name" dir="auto">
        {file.name}
      </span>
      <span>{formats.size(file.size)}</span>
    </button>
  );
}

/** Links end after some minutes: the one to open is asked for when it is wanted. */
function useOpen(file: Attachment): () => void {
  const client = useClient();
  return () => {
    client.fileLink(file).then(
      ({ url }) => {
        const anchor = document.createElement("a");
        anchor.href = url;
        anchor.download = file.name;
        anchor.click();
      },
      () => undefined,
    );
  };
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
