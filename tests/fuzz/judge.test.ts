import { describe, expect, it } from "vitest";
import { judgeAck, judgeRest, judgeText } from "./judge.ts";
import { watchMemory } from "./memory.ts";

const error = (code: string, retryable = false) => ({ code, message: "no", retryable });
const envelope = (code: string) =>
  JSON.stringify({ success: false, error: { code, message: "no", requestId: "r" } });

describe("the judge of the fuzzer", () => {
  it.each<[string, unknown, RegExp | null]>([
    ["an answer", { ok: true, data: {} }, null],
    ["a coded error", { ok: false, error: error("INVALID") }, null],
    ["an internal error", { ok: false, error: error("INTERNAL", true) }, /INTERNAL/],
    ["a code that nobody documented", { ok: false, error: error("OOPS") }, /unknown code/],
    ["a code of a prototype", { ok: false, error: error("constructor") }, /unknown code/],
    ["an error that says it can be repeated", { ok: false, error: error("INVALID", true) }, /fields/],
    ["no data", { ok: true }, /data/],
    ["neither", {}, /neither/],
    ["nothing", null, /no object/],
  ])("of an ack sees %s", (_, ack, complaint) => {
    if (complaint) expect(judgeAck(ack)).toMatch(complaint);
    else expect(judgeAck(ack)).toBeNull();
  });

  it.each<[string, number, string, RegExp | null]>([
    ["an answer", 200, '{"success":true,"data":{}}', null],
    ["a coded error", 404, envelope("NOT_FOUND"), null],
    ["a redirection", 302, "", null],
    ["a code with another's status", 200, envelope("NOT_FOUND"), /status 200/],
    ["an internal error", 500, envelope("INTERNAL"), /INTERNAL/],
    ["a page where an envelope is due", 400, "<html>", /without an envelope/],
    ["success that failed", 404, '{"success":true,"data":{}}', /success with status/],
  ])("of a REST answer sees %s", (_, status, text, complaint) => {
    if (complaint) expect(judgeRest(status, text)).toMatch(complaint);
    else expect(judgeRest(status, text)).toBeNull();
  });

  it.each([
    "at handle (/srv/api/src/route.ts:80:3)",
    "in node_modules/pg/lib",
    "SELECT id FROM users",
    'violates unique constraint "x"',
  ])("sees what shows its insides: %s", (text) => {
    expect(judgeText(`error: ${text}`)).toMatch(/insides/);
  });

  it("sees no insides in what people write", () => {
    expect(judgeText("meet me at 10:30:00, select a table")).toBeNull();
  });

  it("tells nothing of memory before a heap has found its size", () => {
    const memory = watchMemory([{ name: "self", pid: process.pid }]);
    memory.sample();
    expect(memory.judge()).toEqual([]);
  });
});
