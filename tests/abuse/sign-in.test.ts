import { createHook } from "node:async_hooks";
import { request } from "node:http";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { serverKey, startCluster } from "../cluster/cluster.ts";
import { untilCountedTogether } from "../cluster/counted-together.ts";
import { deadlineMs } from "../setup/waiting.ts";
import { bystanders, expectNoTrace } from "./raw.ts";
import { watchStatements } from "./statements.ts";

/** Guessing at passwords, through the balancer and two apis. */
const cluster = await startCluster({ balancer: true, apis: 2, env: { LIMIT_SIGN_IN_FAILURES: "5" } });
const calm = await bystanders(cluster);
const statements = watchStatements();
afterAll(async () => {
  statements.stop();
  await cluster.stop();
});
afterEach(() => calm.expectUnharmed());

interface Answer {
  status: number;
  code: string | undefined;
  message: string | undefined;
  retryAfterMs: number | undefined;
  cookie: string[] | undefined;
}

/** From an address of the loopback network that is the test's own: the balancer sees it, whatever the headers claim. */
function signIn(
  { email, password }: { email: string; password: string },
  from: string,
  headers: Record<string, string> = {},
  url = cluster.url,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(new URL("/api/session", url), {
      method: "POST",
      localAddress: from,
      agent: false,
      timeout: deadlineMs,
      headers: { "content-type": "application/json", ...headers },
    });
    call.on("error", reject);
    call.on("response", (response) => {
      let text = "";
      response.on("data", (piece: Buffer) => {
        text += piece.toString();
      });
      response.on("end", () => {
        expectNoTrace(text);
        const { error } = JSON.parse(text) as { error?: Omit<Answer, "status" | "cookie"> };
        const { code, message, retryAfterMs } = error ?? {};
        const cookie = response.headers["set-cookie"];
        resolve({ status: response.statusCode ?? 0, code, message, retryAfterMs, cookie });
      });
    });
    call.end(JSON.stringify({ email, password }));
  });
}

let addresses = 1;
const newAddress = () => `127.0.0.${++addresses}`;
let people = 0;
const right = "correct horse battery staple";

async function known(): Promise<string> {
  const id = `signer.${++people}`;
  const email = `${id}@example.org`;
  await cluster.request(serverKey, "PUT", `/api/users/${id}`, { name: "Signer", email });
  await cluster.request(serverKey, "PUT", `/api/users/${id}/password`, { password: right });
  return email;
}
const unknown = async () => `nobody.${++people}@example.org`;

describe("the sixth bad sign-in", () => {
  const words: Record<string, unknown[]> = {};
  const withoutWait = (answers: Answer[]) => answers.map(({ retryAfterMs: _, ...rest }) => rest);

  it.each([
    ["somebody", known],
    ["nobody", unknown],
  ])("of %s is 429, also with the right password and in capitals", async (who, account) => {
    const answers = await untilCountedTogether(cluster, async () => {
      const [email, from] = [await account(), newAddress()];
      const bad: Answer[] = [];
      for (let n = 0; n < 5; n++) bad.push(await signIn({ email, password: "wrong" }, from));
      // From elsewhere: it is the account that is full.
      return [...bad, await signIn({ email: email.toUpperCase(), password: right }, newAddress())];
    });
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429]);
    expect(answers[5]?.retryAfterMs).toBeGreaterThan(0);
    expect(answers.flatMap(({ cookie }) => cookie ?? [])).toEqual([]);
    words[who] = withoutWait(answers);
  });

  it("says the same of both, word by word", () => {
    expect(Object.keys(words)).toEqual(["somebody", "nobody"]);
    expect(words.nobody).toEqual(words.somebody);
  });

  it("of one address is 429 whoever it is for, whatever headers say of where it came from", async () => {
    const answers = await untilCountedTogether(cluster, async () => {
      const from = newAddress();
      const forged = (n: number) => ({
        "x-forwarded-for": `203.0.113.${n}, 198.51.100.${n}`,
        forwarded: `for=203.0.113.${n}`,
        "x-real-ip": `203.0.113.${n}`,
        "true-client-ip": `203.0.113.${n}`,
      });
      const all: Answer[] = [];
      for (let n = 0; n < 6; n++)
        all.push(await signIn({ email: await unknown(), password: "wrong" }, from, forged(n)));
      return all;
    });
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429]);
  });

  it("leaves other addresses and other accounts alone, also those that were claimed", async () => {
    const email = await known();
    expect((await signIn({ email, password: right }, newAddress())).status).toBe(201);
  });
});

describe("a bad sign-in", () => {
  /** What it costs: the hashes that were computed, and the statements that were executed. Not time, which varies. */
  async function workOf(account: () => Promise<string>) {
    const runs: string[][] = [];
    const hashes: number[] = [];
    for (let n = 0; n < 4; n++) {
      const [email, from] = [await account(), newAddress()];
      let computed = 0;
      const hook = createHook({
        init(_, type) {
          if (type === "ARGON2REQUEST") computed += 1;
        },
      }).enable();
      const ask = async () => expect((await signIn({ email, password: "wrong" }, from)).status).toBe(401);
      runs.push(await statements.during(ask));
      hook.disable();
      hashes.push(computed);
    }
    return { hashes, statements: statements.ofAll(runs) };
  }

  it("of somebody costs what one of nobody costs", async () => {
    // Each api makes the hash that nobody's is compared with once.
    for (const { url } of cluster.apis)
      await signIn({ email: await unknown(), password: "wrong" }, newAddress(), {}, url);
    const [somebodys, nobodys] = [await workOf(known), await workOf(unknown)];
    expect(somebodys.hashes).toEqual([1, 1, 1, 1]);
    expect(nobodys).toEqual(somebodys);
  });
});
