import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { crc32 } from "node:zlib";
import { temporaryFolder } from "@parloir/local/temporary.ts";
import sharp, { type Sharp } from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { inspect } from "../inspect.ts";
import { stripMetadata } from "./strip.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());

let files = 0;

async function stripped(picture: Buffer, mediaType: string): Promise<Buffer> {
  const file = path.join(folder.dir, `picture-${++files}`);
  await writeFile(file, picture);
  const size = await stripMetadata(file, mediaType, picture.length);
  const left = await readFile(file);
  expect(left.length).toBe(size);
  return left;
}

/** Noise, so that nothing is the same after an encoding, and scan data has every byte. */
const side = 160;
const noise = Buffer.from(Array.from({ length: side * side * 3 }, (_, n) => (n * n * 31 + n * 7) % 251));
const drawn = () => sharp(noise, { raw: { width: side, height: side, channels: 3 } });

const secrets = ["ACME Phone 9", "Rue Lepic", "Doe", "48/1"];
const told = (picture: Sharp, orientation?: number) =>
  picture
    .withMetadata(orientation === undefined ? {} : { orientation })
    .withIccProfile("p3")
    .withExifMerge({
      IFD0: { Make: secrets[0]!, ImageDescription: secrets[1]!, Artist: secrets[2]! },
      IFD3: { GPSLatitudeRef: "N", GPSLatitude: "48/1 53/1 12/1", GPSLongitude: "2/1 20/1 4/1" },
    })
    .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>${secrets[1]}</a></x:xmpmeta>`);

const segment = (code: number, content: string) => {
  const head = Buffer.from([0xff, code, 0, 0]);
  head.writeUInt16BE(2 + content.length, 2);
  return Buffer.concat([head, Buffer.from(content, "latin1")]);
};
const chunk = (type: string, content: string) => {
  const body = Buffer.from(type + content, "latin1");
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
};
const box = (name: string, ...content: (Buffer | string)[]) => {
  const inside = Buffer.concat(content.map((each) => Buffer.from(each as string, "latin1")));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + inside.length);
  head.write(name, 4, "latin1");
  return Buffer.concat([head, inside]);
};
const spliced = (picture: Buffer, at: number, ...pieces: Buffer[]) =>
  Buffer.concat([picture.subarray(0, at), ...pieces, picture.subarray(at)]);

/** What a camera and three programs may leave, in every place where they may leave it. */
const makers: [string, string, (orientation?: number) => Promise<Buffer>][] = [
  [
    "a JPEG",
    "image/jpeg",
    async (orientation) => {
      const picture = await told(drawn().jpeg({ quality: 90 }), orientation).toBuffer();
      const pieces = [
        segment(0xed, `Photoshop 3.0\0${secrets[1]}`),
        segment(0xe2, `MPF\0${secrets[1]}`),
        segment(0xfe, secrets[2]!),
      ];
      const second = await told(drawn().jpeg()).toBuffer();
      return Buffer.concat([
        spliced(picture, picture.indexOf(Buffer.from([0xff, 0xdb])), ...pieces),
        second,
        Buffer.from(secrets[1]!),
      ]);
    },
  ],
  [
    "a progressive JPEG with an EXIF between its scans",
    "image/jpeg",
    async (orientation) => {
      const picture = await told(drawn().jpeg({ progressive: true }), orientation).toBuffer();
      const betweenScans = picture.indexOf(
        Buffer.from([0xff, 0xc4]),
        picture.indexOf(Buffer.from([0xff, 0xda])),
      );
      return spliced(picture, betweenScans, segment(0xe1, `Exif\0\0${secrets[0]}`));
    },
  ],
  [
    "a PNG",
    "image/png",
    async (orientation) => {
      const picture = await told(drawn().png(), orientation).toBuffer();
      const texts = [chunk("tEXt", `Author\0${secrets[2]}`), chunk("prVt", secrets[1]!)];
      return Buffer.concat([spliced(picture, 33, ...texts), Buffer.from(secrets[1]!)]);
    },
  ],
  [
    "a lossy WebP",
    "image/webp",
    async (orientation) =>
      Buffer.concat([await told(drawn().webp(), orientation).toBuffer(), Buffer.from(secrets[1]!)]),
  ],
  [
    "a lossless WebP",
    "image/webp",
    (orientation) => told(drawn().webp({ lossless: true }), orientation).toBuffer(),
  ],
];

const pixelsOf = (picture: Buffer) => sharp(picture).raw().toBuffer();
const turnedPixelsOf = (picture: Buffer) => sharp(picture).autoOrient().raw().toBuffer();
const mentions = (picture: Buffer) =>
  secrets.filter(
    (each) => picture.includes(Buffer.from(each)) || picture.includes(Buffer.from(each, "utf16le")),
  );

describe.each(makers)("%s", (_, mediaType, make) => {
  it("tells nothing of where, when and by whom it was made", async () => {
    const before = await make();
    expect(mentions(before)).not.toEqual([]);
    const after = await stripped(before, mediaType);
    expect(mentions(after)).toEqual([]);
    const metadata = await sharp(after).metadata();
    expect([metadata.exif, metadata.xmp, metadata.iptc, metadata.comments]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("has the same pixels, in the same colours", async () => {
    const before = await make();
    const after = await stripped(before, mediaType);
    expect((await pixelsOf(after)).equals(await pixelsOf(before))).toBe(true);
    const { icc } = await sharp(after).metadata();
    expect(icc).toEqual((await sharp(before).metadata()).icc);
    expect(icc).toBeDefined();
  });

  it.each([2, 3, 6, 8])("that is to be turned (%i) is turned the same way", async (orientation) => {
    const before = await make(orientation);
    const after = await stripped(before, mediaType);
    expect(mentions(after)).toEqual([]);
    expect((await sharp(after).metadata()).orientation).toBe(orientation);
    expect((await turnedPixelsOf(after)).equals(await turnedPixelsOf(before))).toBe(true);
  });

  it("that has nothing left to take out stays byte by byte", async () => {
    const clean = await stripped(await make(6), mediaType);
    expect((await stripped(clean, mediaType)).equals(clean)).toBe(true);
  });

  it("cut anywhere is refused or read, and tells nothing either way", async () => {
    const whole = await make(6);
    for (let length = 20; length < whole.length; length += Math.ceil(whole.length / 12)) {
      const after = await stripped(whole.subarray(0, length), mediaType).catch((error: Error) => error);
      if (after instanceof Error) expect(after).toMatchObject({ code: "UNPROCESSABLE" });
      else expect(mentions(after)).toEqual([]);
    }
  });
});

describe("an AVIF", () => {
  it("tells nothing of where and by whom it was made, and has the same pixels in the same place", async () => {
    const before = await told(drawn().avif({ quality: 60 }), 6).toBuffer();
    expect(mentions(before)).not.toEqual([]);
    const after = await stripped(before, "image/avif");
    expect(mentions(after)).toEqual([]);
    expect(after.length).toBe(before.length);
    expect((await turnedPixelsOf(after)).equals(await turnedPixelsOf(before))).toBe(true);
  });

  it("cut anywhere is left or read, and what is read tells nothing", async () => {
    const whole = await told(drawn().avif({ quality: 60 })).toBuffer();
    for (let length = 16; length < whole.length; length += Math.ceil(whole.length / 30))
      expect((await stripped(whole.subarray(0, length), "image/avif")).length).toBe(length);
  });
});

const u16 = (...numbers: number[]) => Buffer.from(numbers.flatMap((each) => [each >> 8, each & 255]));

describe("a picture whose table of places takes no bytes", () => {
  it("is refused, and not walked for ever", async () => {
    // Each item claims 65,535 extents of nothing.
    const item = u16(1, 0, 65_535);
    const places = box("iloc", u16(0, 0, 0, 2_000), ...Array.from({ length: 2_000 }, () => item));
    const types = box("iinf", u16(0, 0, 1), box("infe", u16(0x200, 0, 1, 0), "Exif"));
    const picture = Buffer.concat([box("ftyp", "avif"), box("meta", u16(0, 0), types, places)]);
    await expect(stripped(picture, "image/avif")).rejects.toMatchObject({ code: "UNPROCESSABLE" });
  });
});

describe("a film", () => {
  const place = box("udta", box("\xa9xyz", `+48.8867+002.3331/ ${secrets[1]}`));
  const keys = box("meta", "\0\0\0\0", box("ilst", secrets[0]!));
  const film = (trackPlace: Buffer, filmPlace: Buffer, top: Buffer) =>
    Buffer.concat([
      box("ftyp", "mp42\0\0\0\0"),
      box("moov", box("mvhd", "header"), box("trak", box("tkhd", "track"), trackPlace), filmPlace),
      top,
      box("mdat", "the udta of frames"),
    ]);

  it.each(["video/mp4", "video/quicktime", "audio/mp4"])(
    "(%s) tells nothing of where and with what it was made; everything else is where it was",
    async (mediaType) => {
      const emptied = (of: Buffer) => box("free", Buffer.alloc(of.length - 8));
      const after = await stripped(film(place, keys, keys), mediaType);
      expect(after).toEqual(film(emptied(place), emptied(keys), emptied(keys)));
    },
  );

  it.each([0, 1, 2, 7])(
    "with a box that claims a length of %i is left as it is from there on",
    async (length) => {
      const odd = film(place, keys, keys);
      odd.writeUInt32BE(length, 16);
      expect((await stripped(odd, "video/mp4")).length).toBe(odd.length);
    },
  );

  it("of boxes in boxes in boxes is not followed into them", async () => {
    let nested = box("trak", place);
    for (let depth = 0; depth < 500; depth++) nested = box("trak", nested);
    const odd = Buffer.concat([box("ftyp", "mp42"), box("moov", nested)]);
    expect((await stripped(odd, "video/mp4")).length).toBe(odd.length);
  });

  it("with more to take out than is read at once is emptied to its end", async () => {
    const large = box("udta", Buffer.alloc(300_000, secrets[1]!));
    const after = await stripped(film(large, keys, keys), "video/mp4");
    expect(mentions(after)).toEqual([]);
  });
});

describe("scan data", () => {
  it("of a JPEG is kept byte by byte, over every window of the reading", async () => {
    const size = 560;
    const raw = Buffer.from(Array.from({ length: size * size * 3 }, (_, n) => (n * n * 17) % 253));
    const picture = sharp(raw, { raw: { width: size, height: size, channels: 3 } }).jpeg({ quality: 100 });
    const before = await told(picture).toBuffer();
    expect(before.length).toBeGreaterThan(200_000);
    const scan = (of: Buffer) => of.subarray(of.indexOf(Buffer.from([0xff, 0xda])));
    expect(scan(await stripped(before, "image/jpeg")).equals(scan(before))).toBe(true);
  });
});

describe("other files", () => {
  it.each(["image/gif", "application/pdf", "text/plain"])("of %s are left alone", async (mediaType) => {
    const bytes = Buffer.from(secrets.join());
    expect((await stripped(bytes, mediaType)).equals(bytes)).toBe(true);
  });
});

describe("an upload's inspection", () => {
  it("says the size that is left, and how wide and high the picture is when it is turned", async () => {
    const file = path.join(folder.dir, "upload");
    const before = await sharp(noise, { raw: { width: side / 2, height: side * 2, channels: 3 } })
      .jpeg()
      .withMetadata({ orientation: 6 })
      .withExifMerge({ IFD0: { Make: secrets[0]! } })
      .toBuffer();
    await writeFile(file, before);
    const seen = await inspect(file, before.length, 1e6);
    expect(seen).toMatchObject({ mediaType: "image/jpeg", width: side * 2, height: side / 2 });
    expect(seen.size).toBe((await readFile(file)).length);
    expect(seen.size).toBeLessThan(before.length);
  });

  it("refuses a picture in more pieces than any has", async () => {
    const picture = await drawn().png().toBuffer();
    const piece = Buffer.concat([chunk("tEXt", "a"), chunk("IDAT", "")]);
    const file = path.join(folder.dir, "pieces");
    const many = spliced(picture, 33, ...Array.from({ length: 10_001 }, () => piece));
    await writeFile(file, many);
    await expect(inspect(file, many.length, 1e6)).rejects.toMatchObject({ code: "UNPROCESSABLE" });
  });
});
