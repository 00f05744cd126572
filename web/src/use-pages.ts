import type { Rest } from "@parloir/client/core/rest.ts";
import type { Page } from "@parloir/contracts/http.ts";
import { useEffect, useState } from "react";

export interface Pages<Item> {
  /** Null until the first page came. */
  items: readonly Item[] | null;
  /** Of the last page that was asked for; asked for again it may come. */
  failed: boolean;
  /** Null: there are no further ones. */
  more: (() => void) | null;
}

/**
 * A list, page by page as they are asked for. Another path is another list: give what shows it a key.
 *
 * @param version with a new one the first page is read again, while it is all that is shown: further ones stay as they
 *   were read
 */
export function usePages<Item>(rest: Rest, path: string, version = 0): Pages<Item> {
  const [pages, setPages] = useState<{ items: readonly Item[]; next: string | null } | null>(null);
  // An object, so that the same page can be asked for once more.
  const [asked, setAsked] = useState<{ after: string | null }>({ after: null });
  const [failed, setFailed] = useState(false);
  const asOf = asked.after === null ? version : 0;

  useEffect(() => {
    let ended = false;
    const { after } = asked;
    // Named, so that a new version asks anew.
    const wanted = asOf;
    const cursor = after === null ? "" : `&cursor=${encodeURIComponent(after)}`;
    rest<Page<Item>>("GET", `${path}${cursor}`).then(
      ({ items, nextCursor }) => {
        if (ended || wanted !== asOf) return;
        setFailed(false);
        setPages((former) => ({
          items: after !== null && former ? [...former.items, ...items] : items,
          next: nextCursor,
        }));
      },
      () => !ended && setFailed(true),
    );
    return () => {
      ended = true;
    };
  }, [rest, path, asked, asOf]);

  const next = pages?.next ?? null;
  return {
    items: pages?.items ?? null,
    failed,
    more: next === null ? null : () => setAsked({ after: next }),
  };
}
