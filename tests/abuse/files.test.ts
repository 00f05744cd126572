import { request } from "node:http";
import { deflateSync } from "node:zlib";
import type { Attachment } from "@parloir/contracts/shapes.ts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "../cluster/cluster.ts";
import { filesIn, formOf, png, postForm, upload } from "../cluster/uploads.ts";
import { deadlineMs, eventually } from "../setup/waiting.ts";
import { bystanders, expectNoTrace } from "./raw.ts";

const maxBytes = 300_000;
const cluster = await startCluster({
  balancer: true,
  apis: 2,
  env: {
    LIMIT_ATTACHMENT_BYTES: String(maxBytes),
    LIMIT_ATTACHMENT_QUOTA_MB: "1",
    LIMIT_UPLOADS_AT_ONCE: "3",
  },
});
const calm = await bystanders(cluster);
afterAll(() => cluster.stop());
afterEach(() => calm.expectUnharmed());

let mallory: TestPerson;
beforeAll(async () => {
  mallory = await cluster.person("mallory");
});

const [first] = cluster.apis;

async function everything(): Promise<unknown[]> {
  return [...(await filesIn(cluster.attachmentDir)), ...(await cluster.sql("SELECT id FROM attachments"))];
}

/** Does what must be refused; nothing may be left of it, neither on the disk nor in the database. */
async function refusal(attempt: () => Promise<{ status: number; body: unknown }>) {
  const before = await everything();
  const { status, body } = await attempt();
  expectNoTrace(JSON.stringify(body));
  await eventually("nothing to be left", everything, (now) => now.length === before.length);
  return { status, code: (body as { error?: { code?: string } }).error?.code };
}

const to = (bytes: Uint8Array<ArrayBuffer> | string, name?: string, type?: string) => () =>
  postForm(cluster, mallory, formOf(bytes, name, type));

const script = "<script>alert(1)</script>";
const svg = `<svg xmlns="http://www.w3.org/2000/svg">${script}</svg>`;

describe("a file that would act", () => {
  it.each<[string, Uint8Array<ArrayBuffer> | string, string, string]>([
    ["an SVG with a script", svg, "a.svg", "image/svg+xml"],
    ["an SVG that calls itself a PNG", svg, "a.png", "image/png"],
    ["an SVG behind a declaration", `<?xml version="1.0"?>\n${svg}`, "a.svg", "image/svg+xml"],
    ["an SVG behind a comment and blanks", ` \n\t<!-- x -->${svg}`, "a.png", "image/png"],
    ["an SVG behind a byte order mark", `\ufeff${svg}`, "a.txt", "text/plain"],
    ["an SVG in UTF-16", Buffer.from(`\ufeff${svg}`, "utf16le"), "a.svg", "image/svg+xml"],
    ["HTML named .png", `<!doctype html>${script}`, "a.png", "image/png"],
    ["HTML without a beginning", script, "a.txt", "text/plain"],
    ["a program", Buffer.from("\x7fELF\x02\x01\x01".padEnd(64, "\0"), "latin1"), "a.png", "image/png"],
    [
      "a Windows program",
      Buffer.from("MZ\x90\0\x03".padEnd(128, "\0"), "latin1"),
      "a.pdf",
      "application/pdf",
    ],
    ["bytes of no type", Buffer.from([0, 1, 2, 3, 250, 251, 252]), "a.png", "image/png"],
    ["a picture cut after its signature", Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), "a.png", "image/png"],
  ])("%s: UNSUPPORTED", async (_, bytes, name, type) => {
    expect(await refusal(to(bytes, name, type))).toEqual({ status: 415, code: "UNSUPPORTED" });
  });
});

describe("a picture that is too much", () => {
  const header = (width: number, height: number) => png(1, 1, { width, height });
  it.each([
    ["of 50,000 × 50,000 pixels", () => header(50_000, 50_000)],
    ["of the largest numbers there are", () => header(2 ** 31 - 1, 2 ** 31 - 1)],
    ["of no width", () => header(0, 10)],
    ["with half of its bytes", () => png(700, 700).subarray(0, 300)],
    ["with pixels that are no pixels", () => damaged(png(700, 700))],
  ])("%s: UNPROCESSABLE", async (_, bytes) => {
    expect(await refusal(to(bytes(), "a.png", "image/png"))).toEqual({ status: 422, code: "UNPROCESSABLE" });
  });

  it("of many bytes in few is a picture like any other", async () => {
    // 25 million pixels in some kilobytes: allowed, unpacked once, for the thumbnail.
    const file = await upload(cluster, mallory, png(5_000, 5_000), "white.png");
    expect(file).toMatchObject({ width: 5_000, height: 5_000, thumbnailUrl: expect.any(String) });
  });
});

function damaged(picture: Buffer): Buffer<ArrayBuffer> {
  const copy = Buffer.from(picture);
  copy.fill(0x55, Math.floor(picture.length / 2), picture.length - 20);
  return copy;
}

describe("a name", () => {
  it.each([
    ["with a path", "../../../etc/passwd", "passwd.txt"],
    ["with a path of another system", "..\\..\\boot.ini", "boot.ini.txt"],
    ["of dots", "..", "file.txt"],
    ["with NUL", "a\u0000b.txt", "ab.txt"],
    ["of 300 characters", `${"x".repeat(300)}.txt`, `${"x".repeat(120)}.txt`],
    ["with a line break", "a\r\nx: y.txt", undefined],
    ["that reads backwards", "a\u202etxt.exe", "atxt.exe.txt"],
  ])("%s becomes one of ours, and the file lies under none of both", async (_, claimed, name) => {
    const file = await upload(cluster, mallory, "hello", claimed);
    expect(file.name).toMatch(/^[^/\\\p{Cc}\p{Cf}]{1,124}$/u);
    if (name !== undefined) expect(file.name).toBe(name);
    const names = await filesIn(cluster.attachmentDir);
    expect(names).toContain(file.id);
    expect(names.filter((each) => !/^[0-9a-f-]{36}(\.thumbnail)?$/.test(each))).toEqual([]);
  });
});

/** Sends a body by hand, in pieces, without saying how long it is. */
function chunked(
  write: (send: (bytes: string) => void, end: () => void, abort: () => void) => void,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const call = request(new URL("/api/attachments", cluster.url), {
      method: "POST",
      timeout: deadlineMs,
      headers: {
        authorization: `Bearer ${mallory.token}`,
        "content-type": "multipart/form-data; boundary=b",
        ...headers,
      },
    });
    call.on("error", reject);
    call.on("response", (response) => {
      let text = "";
      response.on("data", (piece: Buffer) => {
        text += piece.toString();
      });
      response.on("end", () => {
        call.destroy();
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown });
      });
    });
    write(
      (bytes) => void call.write(bytes),
      () => void call.end(),
      () => void call.destroy(new Error("aborted")),
    );
  });
}

const part = (name: string | null, content: string, filename = "a.txt") =>
  `--b\r\ncontent-disposition: form-data${name === null ? "" : `; name="${name}"`}; filename="${filename}"\r\n\r\n${content}\r\n`;
const last = "--b--\r\n";

describe("a body", () => {
  it.each<[string, number, string, () => Promise<{ status: number; body: unknown }>]>([
    ["beyond the limit", 413, "TOO_LARGE", to("x".repeat(maxBytes + 1))],
    ["far beyond it", 413, "TOO_LARGE", to("x".repeat(20 * maxBytes))],
    [
      "chunked beyond it",
      413,
      "TOO_LARGE",
      () =>
        chunked((send, end) => {
          send(part("file", "").slice(0, -2));
          for (let sent = 0; sent <= 2 * maxBytes; sent += 10_000) send("x".repeat(10_000));
          end();
        }),
    ],
    [
      "chunked without end",
      413,
      "TOO_LARGE",
      () =>
        chunked((send) => {
          send(part("file", "").slice(0, -2));
          send("x".repeat(maxBytes + 1));
        }),
    ],
    ["with an empty field name", 400, "INVALID", () => chunked(once(part("", "x") + last))],
    ["with no field name", 400, "INVALID", () => chunked(once(part(null, "x") + last))],
    ["with another field name", 400, "INVALID", () => chunked(once(part("__proto__", "x") + last))],
    ["with two files", 400, "INVALID", () => chunked(once(part("file", "x") + part("file", "y") + last))],
    ["with an empty file", 400, "INVALID", to("")],
    ["without a file", 400, "INVALID", () => chunked(once(last))],
    ["that is cut short", 400, "INVALID", () => chunked(once(part("file", "x")))],
    ["that is no multipart", 400, "INVALID", () => chunked(once("hello"))],
    [
      "with a field besides",
      400,
      "INVALID",
      () =>
        chunked(
          once(
            `--b\r\ncontent-disposition: form-data; name="ownerId"\r\n\r\nben\r\n${part("file", "x")}${last}`,
          ),
        ),
    ],
    [
      "without a boundary",
      415,
      "UNSUPPORTED",
      () => chunked(once("x"), { "content-type": "multipart/form-data" }),
    ],
    ["of JSON", 415, "UNSUPPORTED", () => chunked(once("{}"), { "content-type": "application/json" })],
    [
      "without a token",
      401,
      "UNAUTHENTICATED",
      () => chunked(once(part("file", "x") + last), { authorization: "" }),
    ],
  ])("%s: %i", async (_, status, code, attempt) => {
    expect(await refusal(attempt)).toEqual({ status, code });
  });

  it.each([1, 1_000, maxBytes - 1])("aborted after %i bytes leaves nothing", async (bytes) => {
    const before = await everything();
    let abort: () => void = () => undefined;
    const upload = chunked((send, _end, stop) => {
      abort = stop;
      send(part("file", "").slice(0, -2));
      send("x".repeat(bytes));
    });
    const failed = expect(upload).rejects.toThrow("aborted");
    await eventually("the file to arrive", everything, (now) => now.length > before.length);
    abort();
    await failed;
    await eventually("nothing to be left", everything, (now) => now.length === before.length);
  });
});

const once = (body: string) => (send: (bytes: string) => void, end: () => void) => {
  send(body);
  end();
};

describe("room", () => {
  it("that a person does not have: QUOTA_EXCEEDED, and what they have stays", async () => {
    const hoarder = await cluster.person("hoarder");
    const kept: Attachment[] = [];
    // A megabyte in all; four at once would each find room for one.
    for (let n = 0; n < 3; n++) kept.push(await upload(cluster, hoarder, "x".repeat(maxBytes)));
    const answers = await Promise.all(
      [1, 2, 3].map(() => postForm(cluster, hoarder, formOf("x".repeat(100_000)))),
    );
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([201, 403, 403]);
    expect(answers.find((answer) => answer.status === 403)?.body.error?.code).toBe("QUOTA_EXCEEDED");
    const { status } = await cluster.rest(hoarder, "GET", `${kept[0]!.url}/link`);
    expect(status).toBe(200);
    // Others have theirs.
    await upload(cluster, mallory, "x");
  });

  it("that the disk does not have: STORAGE_FULL, and sending goes on", async () => {
    // More than any disk has.
    const crowded = await startCluster({ balancer: true, env: { ATTACHMENT_KEEP_FREE_MB: "999999999" } });
    const [ana, ben] = [await crowded.person("ana"), await crowded.person("ben")];
    const { status, body } = await postForm(crowded, ana, formOf("x"));
    expect([status, body.error?.code]).toEqual([507, "STORAGE_FULL"]);
    expect(await filesIn(crowded.attachmentDir)).toEqual([]);
    expect(await crowded.sql("SELECT FROM attachments")).toEqual([]);
    const { id } = await crowded.conversation(ana, ben);
    expect((await crowded.send(await crowded.socket(ana), id)).seq).toBe(1);
    await crowded.stop();
  });

  it("for more uploads at once than one person may have: RATE_LIMITED", async () => {
    const eager = await cluster.person("eager");
    const before = await filesIn(cluster.attachmentDir);
    const body = part("file", "").slice(0, -2);
    const open = Array.from({ length: 3 }, () => {
      const call = request(new URL("/api/attachments", first!.url), {
        method: "POST",
        headers: {
          authorization: `Bearer ${eager.token}`,
          "content-type": "multipart/form-data; boundary=b",
        },
      });
      call.on("error", () => undefined);
      call.write(body);
      return call;
    });
    const code = async () => (await postForm(cluster, eager, formOf("x"), first!.url)).body.error?.code;
    const files = () => filesIn(cluster.attachmentDir);
    await eventually("three to be under way", files, (now) => now.length === before.length + 3);
    expect(await code()).toBe("RATE_LIMITED");
    for (const call of open) call.destroy();
    await eventually("room for one again", code, (now) => now === undefined);
  });
});

describe("another's file", () => {
  it("is exactly as if it were not there", async () => {
    const file = await upload(cluster, await cluster.person("owner"), "secret");
    const ask = async (path: string) => {
      const { status, body } = await cluster.rest(mallory, "GET", path);
      return { status, error: { ...body.error, requestId: "" } };
    };
    for (const suffix of ["", "/thumbnail", "/link"]) {
      const absent = await ask(`/api/attachments/00000000-0000-4000-8000-000000000000${suffix}`);
      expect(absent).toMatchObject({ status: 404, error: { code: "NOT_FOUND" } });
      expect(await ask(`${file.url}${suffix}`)).toEqual(absent);
    }
  });

  it.each(["x", "../../etc/passwd", "%2e%2e%2f", "%00", "1".repeat(500)])("%s is no id", async (id) => {
    const { status } = await cluster.rest(mallory, "GET", `/api/attachments/${encodeURIComponent(id)}`);
    expect(status).toBe(400);
    expect((await fetch(new URL(`/files/${encodeURIComponent(id)}`, cluster.url))).status).toBe(403);
  });
});

describe("a text that only looks odd", () => {
  it.each([
    ["a heart", "<3 you"],
    ["a comparison", "a < b > c"],
    ["lines of code", "let x = 1;\nif (x < 2) alert(x);"],
    ["Windows-1252", Buffer.from("Caf\xe9", "latin1")],
  ])("%s is plain text", async (_, bytes) => {
    const file = await upload(cluster, mallory, bytes, "a.txt");
    expect(file.mediaType).toBe("text/plain");
  });
});

describe("a picture with something behind it", () => {
  it("stays a picture, served as nothing else", async () => {
    const polyglot = Buffer.concat([png(30, 30), Buffer.from(script), deflateSync(script)]);
    const file = await upload(cluster, mallory, polyglot, "a.html", "text/html");
    expect(file).toMatchObject({ mediaType: "image/png", name: "a.html.png" });
    const answer = await fetch(new URL(file.url, cluster.url), {
      headers: { authorization: `Bearer ${mallory.token}` },
    });
    expect(answer.headers.get("content-type")).toBe("image/png");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("content-disposition")).toMatch(/^attachment/);
  });
});
