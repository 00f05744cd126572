import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import type { Upload } from "./use-uploads.ts";

/** The files of the message that is being written: how far each is, and a way to take it out again. */
export function UploadList({
  uploads,
  onRemove,
}: {
  uploads: readonly Upload[];
  onRemove: (key: number) => void;
}) {
  const { t } = useTexts();
  if (uploads.length === 0) return null;
  return (
    <ul className="uploads" data-testid="uploads">
      {uploads.map(({ key, name, progress, done, failure }) => (
        <li key={key} className="upload" data-failed={failure ? "" : undefined}>
          <Icon name={failure ? "warning" : done ? "check" : "file"} size={16} />
          <span className="attachment-name" dir="auto">
            {name}
          </span>
          {failure && <span role="alert">{t.uploadFailed(failure)}</span>}
          {!failure && !done && <progress value={progress} aria-label={t.uploading(name)} />}
          <button
            type="button"
            className="button button-icon button-quiet"
            aria-label={t.removeFile(name)}
            onClick={() => onRemove(key)}
          >
            <Icon name="close" size={16} />
          </button>
        </li>
      ))}
    </ul>
  );
}
