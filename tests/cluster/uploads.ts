import { readdir } from "node:fs/promises";
import { crc32, deflateSync } from "node:zlib";
import type { Attachment } from "@parloir/contracts/shapes.ts";
import type { Cluster, RestAnswer, TestPerson } from "./cluster.ts";

/** Uploading as a browser does, and bytes to upload. */

export function formOf(bytes: Uint8Array<ArrayBuffer> | string, name = "a file", claimedType = ""): FormData {
  const form = new FormData();
  form.append("file", new Blob([bytes], { type: claimedType }), name);
  return form;
}

export async function postForm(
  cluster: Cluster,
  person: TestPerson,
  form: FormData,
  base = cluster.apiUrl,
): Promise<{ status: number; body: RestAnswer["body"] }> {
  const response = await fetch(new URL("/api/attachments", base), {
    method: "POST",
    headers: { authorization: `Bearer ${person.token}` },
    body: form,
  });
  return { status: response.status, body: (await response.json()) as RestAnswer["body"] };
}

/** An upload that must succeed. */
export async function upload(
  cluster: Cluster,
  person: TestPerson,
  bytes: Uint8Array<ArrayBuffer> | string,
  name?: string,
  claimedType?: string,
): Promise<Attachment> {
  const { status, body } = await postForm(cluster, person, formOf(bytes, name, claimedType));
  if (status !== 201) throw new Error(`upload: ${status} ${JSON.stringify(body)}`);
  return body.data as Attachment;
}

/** Everything that lies in the folder of uploads, whatever for. */
export async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** A picture of one colour; `claims` makes its header lie about its size. */
export function png(width: number, height: number, claims?: { width: number; height: number }) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(claims?.width ?? width, 0);
  header.writeUInt32BE(claims?.height ?? height, 4);
  header.writeUInt8(8, 8); // bits of a grey pixel
  const line = Buffer.alloc(width + 1, 0x80);
  line.writeUInt8(0, 0); // no filter
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => line)));
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", pixels),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Of a PNG. */
export function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** Silence, 8,000 samples of one byte a second. */
export function wav(seconds: number) {
  const samples = Buffer.alloc(8_000 * seconds, 0x80);
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(36 + samples.length, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22); // one channel
  header.writeUInt32LE(8_000, 24);
  header.writeUInt32LE(8_000, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}
