import type { AttachmentLink } from "@parloir/contracts/http.ts";
import type { Attachment } from "@parloir/contracts/shapes.ts";
import { useCallback, useEffect, useRef, useState } from "react";
import { saveFile } from "../../react/thread/save-file.ts";
import { useWidget } from "./widget-context.ts";

/** What a message carries: pictures to see, sound to hear, and everything to save. */
export function Files({ files }: { files: readonly Attachment[] }) {
  return (
    <ul className="files">
      {files.map((file) => (
        <li key={file.id}>
          <OneFile file={file} />
        </li>
      ))}
    </ul>
  );
}

function OneFile({ file }: { file: Attachment }) {
  const { client, t, formats } = useWidget();
  const { name, mediaType, size, width, height } = file;
  const isPicture = mediaType.startsWith("image/") && width !== undefined && height !== undefined;
  const isSound = mediaType.startsWith("audio/");
  const { link, refresh } = useFileLink(file, isPicture || isSound);
  const save = () => saveFile(client, file);
  const bytes = formats.size(size);
  if (isPicture) {
    return (
      <button type="button" className="picture" aria-label={t.save(name)} onClick={save}>
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
      <button type="button" className="file" aria-label={t.save(`${name} ${bytes}`)} onClick={save}>
        <bdi>{name}</bdi> <span>{bytes}</span>
      </button>
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
