import { createHmac, timingSafeEqual } from "node:crypto";

export type Variant = "file" | "thumbnail";

/**
 * Signed, short-lived addresses of files. Whoever has one may read the file until it ends: they go only to who was
 * found to be allowed a moment ago, and never into what is published.
 */
export interface Links {
  sign: (id: string, variant: Variant) => { url: string; expiresAt: string };
  /** Whether this was signed here and has not ended. */
  isValid: (id: string, variant: Variant, expires: string, signature: string) => boolean;
}

const signatureBytes = 24;

export function createLinks(secret: string, ttlSeconds: number, now: () => number = Date.now): Links {
  const signatureOf = (id: string, variant: Variant, expires: string) =>
    createHmac("sha256", secret)
      .update(`attachment\u0000${id}\u0000${variant}\u0000${expires}`)
      .digest()
      .subarray(0, signatureBytes);
  /** Ends are rounded, so that one asks for the same address again for a while and the browser's cache knows it. */
  const step = Math.ceil(ttlSeconds / 2);

  return {
    sign(id, variant) {
      const expires = String((Math.floor(now() / 1_000 / step) + 2) * step);
      const signature = signatureOf(id, variant, expires).toString("base64url");
      const suffix = variant === "thumbnail" ? "/thumbnail" : "";
      return {
        url: `/files/${id}${suffix}?expires=${expires}&signature=${signature}`,
        expiresAt: new Date(Number(expires) * 1_000).toISOString(),
      };
    },
    isValid(id, variant, expires, signature) {
      if (!/^\d{1,12}$/.test(expires) || Number(expires) * 1_000 <= now()) return false;
      const given = Buffer.from(signature, "base64url");
      return given.length === signatureBytes && timingSafeEqual(given, signatureOf(id, variant, expires));
    },
  };
}
