import type { ErrorCode } from "./errors.ts";

export const maxContentCharacters = 4_000;
/** Bounds what combining marks can do: 4,000 of the widest characters fit, 10,000 marks do not. */
export const maxContentBytes = 16_000;

// Zero-width and other invisible characters that would make a message look empty.
const invisible = /[\s\p{Cc}\p{Cf}\p{Zs}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const encoder = new TextEncoder();

/**
 * Says what is wrong with a message's text, or null.
 * Characters are Unicode code points. NUL cannot be stored by Postgres and a lone surrogate is not text.
 */
export function contentProblem(content: string): { code: ErrorCode; message: string } | null {
  if (content.length > maxContentCharacters) {
    // Code points are counted only when the cheap bound (UTF-16 units) is exceeded.
    if (content.length > 2 * maxContentCharacters || [...content].length > maxContentCharacters) {
      return { code: "TOO_LARGE", message: `content is longer than ${maxContentCharacters} characters` };
    }
  }
  if (content.length > maxContentBytes / 3 && encoder.encode(content).length > maxContentBytes) {
    return { code: "TOO_LARGE", message: `content is longer than ${maxContentBytes} bytes` };
  }
  return textProblem(content) ?? blankProblem(content);
}

/** NUL and lone surrogates are refused in every string that is stored. */
export function textProblem(text: string): { code: ErrorCode; message: string } | null {
  if (text.includes("\u0000")) return { code: "INVALID", message: "text must not contain NUL" };
  if (!text.isWellFormed()) return { code: "INVALID", message: "text contains a lone surrogate" };
  return null;
}

function blankProblem(content: string): { code: ErrorCode; message: string } | null {
  // Nearly every message starts with a visible letter: the replace runs only for the odd ones.
  if (/^[\p{L}\p{N}\p{P}\p{S}]/u.test(content)) {
    const first = content.codePointAt(0) ?? 0;
    if (first !== 0x115f && first !== 0x1160 && first !== 0x3164 && first !== 0xffa0 && first !== 0x2800)
      return null;
  }
  if (content.replace(invisible, "") === "") return { code: "INVALID", message: "content is empty" };
  return null;
}
