import { createDecipheriv, createECDH, createHmac, randomBytes } from "node:crypto";
import type { PushMessage, PushSubscriptionBody } from "@parloir/contracts/push.ts";

/** What a browser does for web push, by RFC 8291 and without any library of ours. */
export interface PushBrowser {
  subscription: PushSubscriptionBody;
  decrypt: (body: Buffer) => PushMessage;
}

export function pushBrowser(endpoint: string): PushBrowser {
  const keys = createECDH("prime256v1");
  const ownPoint = keys.generateKeys();
  const auth = randomBytes(16);
  return {
    subscription: {
      endpoint,
      expirationTime: null,
      keys: { p256dh: ownPoint.toString("base64url"), auth: auth.toString("base64url") },
    },
    decrypt(body) {
      const salt = body.subarray(0, 16);
      const pointLength = body.readUInt8(20);
      const theirPoint = body.subarray(21, 21 + pointLength);
      const sealed = body.subarray(21 + pointLength);
      const secret = mac(auth, keys.computeSecret(theirPoint));
      const material = mac(secret, Buffer.concat([text("WebPush: info\0"), ownPoint, theirPoint, one]));
      const root = mac(salt, material);
      const key = mac(root, Buffer.concat([text("Content-Encoding: aes128gcm\0"), one])).subarray(0, 16);
      const nonce = mac(root, Buffer.concat([text("Content-Encoding: nonce\0"), one])).subarray(0, 12);
      const decipher = createDecipheriv("aes-128-gcm", key, nonce);
      decipher.setAuthTag(sealed.subarray(-16));
      const padded = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
      // The last record ends with a 2, and zeros.
      return JSON.parse(padded.subarray(0, padded.lastIndexOf(2)).toString()) as PushMessage;
    },
  };
}

const one = Buffer.from([1]);
const text = (ascii: string) => Buffer.from(ascii, "ascii");
const mac = (key: Buffer, data: Buffer) => createHmac("sha256", key).update(data).digest();
