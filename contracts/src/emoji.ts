import * as z from "zod/mini";

/** Distinct emoji on one message; how many people chose each is not limited. */
export const maxReactions = 20;

/** The longest of today are families of four with skin tones, 23 units; whatever is longer need not be matched. */
const longestEmoji = 64;

// Built on first use and not a literal: a browser that does not know the flag would refuse the whole file.
let pattern: RegExp | undefined;

/**
 * Exactly one emoji, as Unicode recommends it for interchange (RGI) and fully qualified: ❤️ with its variation
 * selector, flags, skin tones and families as one. No text, no digit, no two of them.
 */
export function isEmoji(text: string): boolean {
  if (text.length === 0 || text.length > longestEmoji) return false;
  pattern ??= /^\p{RGI_Emoji}$/v;
  return pattern.test(text);
}

export const emoji = z
  .string()
  .check(z.maxLength(longestEmoji), z.refine<string>(isEmoji, "must be exactly one emoji"));
