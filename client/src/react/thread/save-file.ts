import type { Attachment } from "@parloir/contracts/shapes.ts";
import type { Client } from "../../core/client.ts";

/** Links end after some minutes: the one to open is asked for when it is wanted. */
export function saveFile(client: Client, file: Attachment): void {
  client.fileLink(file).then(
    ({ url }) => {
      const anchor = document.createElement("a");
      anchor.href = url;
      anchor.download = file.name;
      anchor.click();
    },
    () => undefined,
  );
}
