import type { AttachmentLink } from "@parloir/contracts/http.ts";
import type { Attachment } from "@parloir/contracts/shapes.ts";
import { useCallback, useEffect, useRef, useState } from "react";
import { useSaveFile } from "../../react/thread/save-file.ts";
import { Viewer } from "./viewer.tsx";
import { useWidget } from "./widget-context.ts";

const isPicture = ({ mediaType, width, height }: Attachment) =>
  mediaType.startsWith("image/") && width !== undefined && height !== undefined;

/** What a message carries: pictures to see, sound to hear, and everything to save. */
export function Files({ files }: { files: readonly Attachment[] }) {
  const [viewed, setViewed] = useState<Attachment | null>(null);
  return (
    <>
      <ul className="files">
        {files.map((file) => (
          <li key={file.id}>
            <OneFile file={file} onView={() => setViewed(file)} />
          </li>
        ))}
      </ul>
      {viewed && <Viewer pictures={files.filter(isPicture)} first={viewed} onClose={() => setViewed(null)} />}
    </>
  );
}

function OneFile({ file, onView }: { file: Attachment; onView: () => void }) {
  const { client, t, formats } = useWidget();
  const { failed, save } = useSaveFile(client);
  const { name, mediaType, size, width, height } = file;
  const isSound = mediaType.startsWith("audio/");
  const { link, refresh } = useFileLink(file, isPicture(file) || isSound);
  const bytes = formats.size(size);
  if (isPicture(file)) {
    return (
      <button type="button" className="picture" aria-label={t.view(name)} onClick={onView}>
        <img
          src={link?.thumbnailUrl ?? link?.url}
          alt={name}
          // Before it is there, its place is: nothing jumps when it comes.
          width={width}
          height={height}
          data-testid="picture"
          onError={refresh}
        />
      </button>
    );
  }
  return (
    <>
      {isSound && link && (
        <audio controls preload="none" src={link.url} aria-label={name} onError={refresh}>
          <track kind="captions" />
        </audio>
      )}
      <button
        type="button"
        className="file"
        aria-label={t.save(`${name} ${bytes}`)}
        onClick={() => save(file)}
      >
        <bdi>{name}</bdi> <span>{bytes}</span>
      </button>
      {failed && <p role="alert">{t.fileFailed}</p>}
    </>
  );
}

/** A file that cannot be shown at all must not be asked for without end. */
const maxAsked = 3;

/** Links end after some minutes: `refresh` asks for the next one. */
function useFileLink(file: Attachment, isShown: boolean) {
  const { client } = useWidget();
  const [link, setLink] = useState<AttachmentLink | null>(null);
  const asked = useRef(0);
  const refresh = useCallback(() => {
    if (!isShown || asked.current++ >= maxAsked) return;
    client.fileLink(file).then(setLink, () => undefined);
  }, [client, file, isShown]);
  useEffect(refresh, [refresh]);
  return { link, refresh };
}
