import { CodedError } from "@parloir/contracts/errors.ts";
import type { Attachment } from "@parloir/contracts/shapes.ts";
import { useState } from "react";
import type { Client } from "../../core/client.ts";

/** Links end after some minutes: the one to open is asked for when it is wanted. @throws CodedError */
async function saveFile(client: Client, file: Attachment): Promise<void> {
  // A link that is known still would lead nowhere, and the browser would say so in its list of downloads only.
  if (!navigator.onLine) throw new CodedError("UNAVAILABLE", "offline");
  const { url } = await client.fileLink(file);
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = file.name;
  anchor.click();
}

/** `failed` until the next attempt: to be said in words where the button is. */
export function useSaveFile(client: Client): { failed: boolean; save: (file: Attachment) => void } {
  const [failed, setFailed] = useState(false);
  return {
    failed,
    save(file) {
      setFailed(false);
      saveFile(client, file).catch(() => setFailed(true));
    },
  };
}
