import { Dialog } from "@parloir/client/react/dialog.tsx";
import { useHostTexts } from "../host/texts.ts";
import page from "./messages-page.tsx?raw";
import pane from "./thread-pane.tsx?raw";

/** The files of this page as they stand: what else it shows are the published components. */
export default function Source({ onClose }: { onClose: () => void }) {
  const t = useHostTexts();
  return (
    <Dialog title={t.source} onClose={onClose} className="source-dialog" testId="source">
      <pre>
        <code>{`${page}\n\n${pane}`}</code>
      </pre>
    </Dialog>
  );
}
