import { Writable } from "node:stream";
import { expect, it } from "vitest";
import { createLog } from "./log.ts";

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  let text = "";
  const output = new Writable({
    write(chunk, _, done) {
      text += String(chunk);
      done();
    },
  });
  write(createLog({ level: "trace", nodeName: "gw1", role: "gateway", output }));
  return text;
}

const secret = "s3cr3t-s3cr3t";

it.each([
  ["a token", { token: secret }],
  ["a header", { req: { headers: { authorization: `Bearer ${secret}`, cookie: secret } } }],
  ["a payload", { payload: { content: secret, refreshToken: secret } }],
  ["a credential of a person", { person: { password: secret, key: secret, secret } }],
  ["an error with a token", { err: Object.assign(new Error("refused"), { token: secret }) }],
  [
    "a failed Redis command",
    { err: Object.assign(new Error("READONLY"), { command: { name: "spublish", args: [secret] } }) },
  ],
  [
    "a failed statement",
    {
      err: Object.assign(new Error("duplicate key"), {
        detail: `Key (content)=(${secret}) already exists.`,
        where: secret,
        parameters: [secret],
      }),
    },
  ],
])("what is secret is not in the log: %s", (_, fields) => {
  const text = logged((log) => log.error(fields, "something happened"));
  expect(text).toContain("something happened");
  expect(text).not.toContain(secret);
});

it("a failed Redis command is named", () => {
  const err = Object.assign(new Error("READONLY"), { command: { name: "spublish", args: [secret] } });
  expect(JSON.parse(logged((log) => log.warn({ err }, "no")))).toMatchObject({
    node: "gw1",
    role: "gateway",
    err: { message: "READONLY", command: "spublish" },
  });
});

it("text with line breaks stays one line", () => {
  expect(logged((log) => log.info({ name: "a\r\nb" }, "c\nd")).trimEnd()).not.toMatch(/[\r\n]/);
});
