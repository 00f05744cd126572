import { lazy, Suspense } from "react";
import { mayHaveLinks } from "./may-have-links.ts";

const LinkedText = lazy(() => import("./linked-text.tsx"));

/**
 * A message's text with its links. What finds them takes 25 ms to begin, a tenth of a second of a phone, so it comes
 * with the first text that may have one; the words are there before.
 */
export function Text({ content }: { content: string }) {
  if (!mayHaveLinks(content)) return content;
  return (
    <Suspense fallback={content}>
      <LinkedText content={content} />
    </Suspense>
  );
}
