import type { Snippet } from "@parloir/contracts/shapes.ts";

const openMark = "\u0001";
const closeMark = "\u0002";
/** Shown in front of the first match, and in all. */
const contextLength = 50;
const snippetLength = 200;

/**
 * Cuts the part around the first match out of a message and says which of it matched. Plain text throughout: what the
 * message contains, markup included, comes back as text.
 * @param marked the content with matches between the marks; several ways of matching are joined
 */
export function snippetOf(content: string, marked: string[]): Snippet {
  const matched = new Uint8Array(content.length);
  for (const text of marked) markMatches(matched, text);
  const first = Math.max(matched.indexOf(1), 0);
  const start = cutBefore(content, first - contextLength);
  const end = cutAfter(content, start + snippetLength);
  const segments: Snippet = [];
  for (let at = start; at < end; ) {
    let to = at + 1;
    while (to < end && matched[to] === matched[at]) to += 1;
    segments.push({ text: content.slice(at, to), match: matched[at] === 1 });
    at = to;
  }
  if (start > 0) segments.unshift({ text: "…", match: false });
  if (end < content.length) segments.push({ text: "…", match: false });
  return segments;
}

/** A text whose length is not the content's says nothing about it. */
function markMatches(matched: Uint8Array, text: string): void {
  const spans: [number, number][] = [];
  let at = 0;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === openMark) start = at;
    else if (text[index] === closeMark) spans.push([start, at]);
    else at += 1;
  }
  if (at !== matched.length) return;
  for (const [from, to] of spans) matched.fill(1, from, to);
}

/** The beginning of the word at `at`, within reason; never the middle of a surrogate pair. */
function cutBefore(content: string, at: number): number {
  if (at <= 0) return 0;
  const blank = content.indexOf(" ", at);
  return blank >= 0 && blank < at + contextLength ? blank + 1 : wholeCharacter(content, at);
}

function cutAfter(content: string, at: number): number {
  if (at >= content.length) return content.length;
  const blank = content.lastIndexOf(" ", at);
  return blank > at - contextLength ? blank : wholeCharacter(content, at);
}

function wholeCharacter(content: string, at: number): number {
  const code = content.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}
