import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { serverKey, startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const afterSeconds = 1;
const cluster = await startCluster({
  gateways: 1,
  apis: 1,
  workers: 2,
  env: { MAIL_AFTER_SECONDS: String(afterSeconds), PUBLIC_URL: "https://chat.example" },
});
afterAll(() => cluster.stop());

// Side by side: each of them waits for the clock, that is for the next look at what is due.
let ana: TestPerson;
let sender: TestSocket;
beforeAll(async () => {
  ana = await cluster.person("ana");
  sender = await cluster.socket(ana);
});

const base = "/api/messages/conversations";
const key = { token: serverKey };

async function personWithAddress(locale = "en"): Promise<TestPerson & { email: string }> {
  const ben = await cluster.person("ben");
  const email = `${ben.id}@mail.example`;
  await cluster.call(key, "PUT", `/api/users/${ben.id}`, { name: "Ben", email, locale });
  return { ...ben, email };
}

async function write(to: TestPerson, ...texts: string[]): Promise<string> {
  const body = { kind: "group", memberIds: [to.id] };
  const { id } = await cluster.call<{ id: string }>(ana, "POST", base, body);
  for (const text of texts) await cluster.send(sender, id, text);
  return id;
}

interface Letter {
  subject: string;
  content: string;
}
const lettersOf = (person: { id: string }) =>
  cluster.sql<Letter>("SELECT subject, content FROM mailbox WHERE user_id = $1 ORDER BY created_at", [
    person.id,
  ]);
const letters = (person: { id: string }, count: number) =>
  eventually(
    "letters",
    () => lettersOf(person),
    (all) => all.length >= count,
  );

/** Somebody whose letter has come: whatever was due before it has been looked at. */
async function barrier() {
  const cal = await personWithAddress();
  await write(cal, "barrier");
  await letters(cal, 1);
}

describe.concurrent("who stayed away", () => {
  it("gets one e-mail about all that they have not read, in their language, and it is on the mailbox page", async () => {
    const ben = await personWithAddress("fr");
    // While they are there nothing is planned, however slowly this is written.
    const open = await cluster.socket(ben);
    const first = await write(ben, "one", "two <b>");
    const second = await write(ben, "three");
    await open.waitFor("notification", (line) => line.conversationId === second);
    open.close();
    const all = await letters(ben, 1);
    expect(all).toHaveLength(1);
    const { subject, content } = all[0]!;
    expect(subject).toBe("3 messages non lus dans 2 conversations");
    for (const id of [first, second])
      expect(content).toContain(`\nhttps://chat.example/messages?conversation=${id}\n`);
    expect(content).toContain("ana:\n    two <b>\net un message avant celui-ci");
    const page = await (await fetch(`${cluster.apiUrl}/dev/mailbox`)).text();
    expect(page).toContain(ben.email);
    expect(page).toContain("two &lt;b&gt;");
    expect(page).not.toContain("two <b>");
  });

  it("is told of each line once: the next e-mail has only what came since", async () => {
    const ben = await personWithAddress();
    await write(ben, "old");
    await letters(ben, 1);
    await write(ben, "new");
    const [, next] = await letters(ben, 2);
    expect(next!.content).toContain("new");
    expect(next!.content).not.toContain("old");
    const lines = await cluster.sql<{ lines: object[] }>("SELECT lines FROM deliveries WHERE user_id = $1", [
      ben.id,
    ]);
    expect(lines.map(({ lines }) => lines.length)).toEqual([1, 1]);
  });
});

describe.concurrent("nobody is written to", () => {
  it("while they are there, only when they have been away for long enough", async () => {
    const ben = await personWithAddress();
    const page = await cluster.socket(ben);
    await write(ben, "you are there");
    await page.waitFor("notification", () => true);
    await barrier();
    expect(await lettersOf(ben)).toEqual([]);
    page.close();
    await letters(ben, 1);
  });

  it.each<[string, (ben: TestPerson, id: string) => Promise<unknown>]>([
    ["about what they have read", (ben, id) => cluster.call(ben, "POST", `${base}/${id}/read`, { seq: 1 })],
    ["about what they saw in the bell", (ben) => cluster.call(ben, "POST", "/api/notifications/read")],
    ["about what they muted since", (ben, id) => cluster.call(ben, "POST", `${base}/${id}/mute`, {})],
    ["about what was deleted", (_, id) => sender.ok("delete_message", { conversationId: id, seq: 1 })],
    ["about what they left", (ben, id) => cluster.call(ben, "POST", `${base}/${id}/leave`)],
    [
      "who does not want it",
      (ben) =>
        cluster.call(ben, "PUT", "/api/notifications/preferences", {
          channels: { email: false },
          quietHours: null,
        }),
    ],
  ])("%s", async (_, act) => {
    const ben = await personWithAddress();
    // Nothing is planned before this test has done what makes it needless.
    const page = await cluster.socket(ben);
    const id = await write(ben, "secret");
    await page.waitFor("notification", () => true);
    await act(ben, id);
    page.close();
    await eventually(
      "the line to be looked at",
      () =>
        cluster.sql(
          "SELECT 1 FROM notifications WHERE user_id = $1 AND mail_due_at IS NOT NULL AND read_at IS NULL",
          [ben.id],
        ),
      (rows) => rows.length === 0,
    );
    await barrier();
    expect(await lettersOf(ben)).toEqual([]);
    const states = await eventually(
      "the ledger",
      () => cluster.sql<{ state: string }>("SELECT state FROM deliveries WHERE user_id = $1", [ben.id]),
      (rows) => rows.every(({ state }) => state !== "waiting"),
    );
    expect(states.filter(({ state }) => state !== "dropped")).toEqual([]);
  });

  it("in quiet hours: it waits for their end", async () => {
    const ben = await personWithAddress();
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
    const quietHours = { zone: "UTC", from: inHours(-2), to: inHours(2) };
    await cluster.call(ben, "PUT", "/api/notifications/preferences", { channels: {}, quietHours });
    await write(ben, "good night");
    const due = () =>
      cluster.sql<{ due: string }>(
        "SELECT to_char(mail_due_at AT TIME ZONE 'UTC', 'HH24:MI') AS due FROM notifications WHERE user_id = $1",
        [ben.id],
      );
    await eventually("the line to be put off", due, ([row]) => row?.due === quietHours.to);
    expect(await lettersOf(ben)).toEqual([]);
  });

  it("about private notes, also not the agents", async () => {
    const [zoe, kim] = [await personWithAddress(), await personWithAddress()];
    await cluster.call(key, "PUT", `/api/users/${kim.id}`, { name: "Kim", email: kim.email, role: "agent" });
    const { id } = await cluster.call<{ id: string }>(zoe, "POST", base, { kind: "support" });
    const note = { clientNoteId: randomUUID(), content: "difficult customer" };
    await eventually(
      "kim to be an agent everywhere",
      () => cluster.rest(kim, "POST", `${base}/${id}/notes`, note),
      ({ status }) => status < 300,
    );
    await barrier();
    expect([await lettersOf(zoe), await lettersOf(kim)]).toEqual([[], []]);
  });
});

it("erasing a person takes their letters and their lines of the ledger", async () => {
  const ben = await personWithAddress();
  await write(ben, "soon gone");
  await letters(ben, 1);
  const exported = await cluster.call<Record<string, object[]>>(key, "GET", `/api/users/${ben.id}/export`);
  expect(exported.deliveries).toEqual([expect.objectContaining({ channel: "email", state: "sent", seq: 1 })]);
  await cluster.call(key, "DELETE", `/api/users/${ben.id}`);
  await eventually(
    "nothing to be left",
    () =>
      cluster.sql(
        "SELECT id FROM deliveries WHERE user_id = $1 UNION ALL SELECT id FROM mailbox WHERE user_id = $1",
        [ben.id],
      ),
    (rows) => rows.length === 0,
  );
});
