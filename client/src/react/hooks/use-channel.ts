import type { CodedError } from "@parloir/contracts/errors.ts";
import { useEffect, useRef, useState } from "react";
import type { ChannelListener } from "../../core/channels.ts";
import { useClient } from "../client-context.tsx";

export interface UseChannel {
  /** Why one may not hear it (any more). */
  error: CodedError | null;
  refused: boolean;
}

/**
 * Live updates of `project:42`, `ticket:7`, `user:u1` …: every event once and in order, over every reconnect.
 * `resync` says that some are lost: load anew what the channel tells about. Null: nothing is subscribed to.
 * @param options.after the cursor of the last event that the page knows; from now on by default
 */
export function useChannel(
  name: string | null,
  listener: ChannelListener,
  { after }: { after?: number } = {},
): UseChannel {
  const client = useClient();
  const [refusal, setRefusal] = useState<UseChannel>(open);
  const latest = useRef(listener);
  latest.current = listener;
  // Where it begins is said once: what follows is the connection's to know.
  const first = useRef(after);

  useEffect(() => {
    if (name === null) return;
    setRefusal(open);
    const from = first.current === undefined ? {} : { after: first.current };
    return client.channels.subscribe(
      name,
      (news) => {
        if (news.kind === "refused") setRefusal({ refused: true, error: news.error });
        else setRefusal(open);
        latest.current(news);
      },
      from,
    );
  }, [client, name]);
  return refusal;
}

const open: UseChannel = { refused: false, error: null };
