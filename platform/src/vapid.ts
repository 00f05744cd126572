import { createECDH } from "node:crypto";

/** By which push services know who sends: RFC 8292. Base64url of the uncompressed point and of the number. */
export interface VapidKeys {
  publicKey: string;
  privateKey: string;
}

const privateBytes = 32;

export function newVapidKeys(): VapidKeys {
  const curve = createECDH("prime256v1");
  const publicKey = curve.generateKeys().toString("base64url");
  // Leading zeros are left out by the curve, and asked for by the format.
  const number = curve.getPrivateKey();
  const padded = Buffer.concat([Buffer.alloc(privateBytes - number.length), number]);
  return { publicKey, privateKey: padded.toString("base64url") };
}
