import { asCodedError } from "@parloir/client/core/link.ts";
import type { Rest } from "@parloir/client/core/rest.ts";
import type { ErrorCode } from "@parloir/contracts/errors.ts";
import { useEffect, useState } from "react";

export interface Answer<Data> {
  /** While the next one is on its way, the former. */
  data: Data | null;
  error: ErrorCode | null;
}

/** What a GET answers, read anew when the path changes. Null: nothing is asked. */
export function useAnswer<Data>(rest: Rest, path: string | null): Answer<Data> {
  const [answer, setAnswer] = useState<Answer<Data>>({ data: null, error: null });
  useEffect(() => {
    if (path === null) return;
    let ended = false;
    rest<Data>("GET", path).then(
      (data) => !ended && setAnswer({ data, error: null }),
      (error: unknown) => !ended && setAnswer((former) => ({ ...former, error: asCodedError(error).code })),
    );
    return () => {
      ended = true;
    };
  }, [rest, path]);
  return answer;
}
