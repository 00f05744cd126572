import { endings } from "./media-types.ts";

const longest = 120;
/** Control and formatting characters: lines, overrides of direction, invisible ones. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu;
/** What some system takes for a part of a path, or refuses in a name. */
const reserved = /[/\\:*?"<>|]/g;

/**
 * The name that a file is shown and downloaded under: the client's without its path and without what could deceive,
 * ending as its content does. A text called `x.html` becomes `x.html.txt`, which no browser runs when it is opened.
 */
export function displayName(claimed: string | undefined, mediaType: string): string {
  const own = endings(mediaType);
  const last = cut((claimed ?? "").split(/[/\\]/).at(-1) ?? "").toWellFormed();
  const clean = last
    .replace(invisible, "")
    .replace(reserved, "_")
    .replace(/\s+/g, " ")
    .replace(/^[\s.]+|[\s.]+$/g, "");
  const dot = clean.lastIndexOf(".");
  const ending = dot > 0 ? clean.slice(dot + 1).toLowerCase() : "";
  const fits = own.includes(ending);
  const stem = (fits ? clean.slice(0, dot) : clean).trim();
  const kind = mediaType.split("/")[0];
  const fallback = kind === "application" || kind === "text" ? "file" : kind;
  return `${shorten(stem) || fallback}.${fits ? clean.slice(dot + 1) : own[0]}`;
}

/** Beginning and end of what is much too long: the expressions above must not work through a megabyte. */
function cut(text: string): string {
  return text.length > 500 ? text.slice(0, 400) + text.slice(-100) : text;
}

/** By code points, so that no character is cut in two. */
function shorten(text: string): string {
  return [...text].slice(0, longest).join("").trim();
}
