import type { Page } from "playwright-core";
import sharp from "sharp";
import { host, sendAs } from "../browser/host.ts";
import type { Stage } from "../browser/stage.ts";
import { createSupportDesk } from "../browser/support-desk.ts";

/** What the pictures show: people who talk, a desk with customers, and enough traffic to be measured. */

/** In the place of one: a drain with its trap, and what drips from it. */
const photograph = () =>
  sharp(
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 800" width="1200" height="800">
      <rect width="1200" height="800" fill="#e2e8f0"/>
      <path d="M0 0h1200v170H0z" fill="#cbd5e1"/>
      <path d="M560 170v240q0 110 110 110t110-110v-60h420" fill="none" stroke="#64748b" stroke-width="70"/>
      <path d="M510 170h100M780 300v100" stroke="#475569" stroke-width="90"/>
      <path d="M670 590q40 60 0 80q-40-20 0-80zM690 700q25 38 0 50q-25-12 0-50z" fill="#3b82f6"/>
    </svg>`),
  )
    .png()
    .toBuffer();

export type Open = (scene: { person: string; path: string }) => Promise<Page>;

/** Three conversations, one of them with everything that a thread can show. */
export async function writeToEachOther(open: Open): Promise<void> {
  const say = async (page: Page, text: string) => {
    const composer = page.locator('[data-testid="composer"]');
    await composer.fill(text);
    await composer.press("Enter");
    await page.locator('[data-testid="bubble"]', { hasText: text }).waitFor();
  };
  const writeTo = async (page: Page, person: string, name: string) => {
    await page.locator('[data-testid="new-conversation"]').click();
    await page.locator(`[data-person="${person}"]`).click();
    await page.locator('[data-testid="begin-conversation"]').click();
    // The former thread's composer would take the words.
    await page.locator('[data-testid="thread"] h1', { hasText: name }).waitFor();
  };
  const [tom, zoe] = [
    await open({ person: "demo-tom", path: "/messages" }),
    await open({ person: "demo-zoe", path: "/messages" }),
  ];
  await writeTo(tom, "demo-zoe", "Zoé");
  await say(tom, "Hello Zoé, the bicycle is still there. It has new tyres and a bell.");
  await say(tom, "You can try it whenever you like.");
  await zoe.locator('[data-testid="conversation"]').click();
  await zoe.locator('[data-testid="bubble"]').first().hover();
  await zoe.locator('[data-testid="message-menu"]').first().click();
  await zoe.getByRole("menuitem", { name: /😂/ }).click();
  await zoe.locator('[data-testid="bubble"]').nth(1).hover();
  await zoe.locator('[data-testid="message-menu"]').nth(1).click();
  await zoe.getByRole("menuitem", { name: /Reply/ }).click();
  await say(zoe, "Wonderful! Could I come tomorrow, around six?");
  await say(tom, "Tomorrow at six. The address: https://example.org/atelier");
  await writeTo(zoe, "demo-sam", "Sam");
  await say(zoe, "What does the savings account pay this year?");
  const lea = await open({ person: "demo-lea", path: "/messages" });
  await writeTo(lea, "demo-zoe", "Zoé");
  await lea
    .locator('[data-testid="file-picker"]')
    .setInputFiles([{ name: "under-the-sink.png", mimeType: "image/png", buffer: await photograph() }]);
  await lea.locator('[data-testid="send"][aria-disabled="false"]').click();
  await lea.locator('[data-testid="picture"]').waitFor();
  await say(lea, "I am at your door at nine, for the leak under the sink.");
  // Who was blocked sees what they send fail.
  await writeTo(lea, "demo-tom", "Tom");
  await say(lea, "I do not buy bicycles.");
  for (const page of [tom, zoe, lea]) await page.context().close();
}

const cases = [
  {
    customer: "marta",
    name: "Marta Novak",
    title: "Order 4711",
    text: "Where is my parcel? It left on Monday.",
  },
  { customer: "jonas", name: "Jonas Weber", title: "Order 4698", text: "The lamp arrived broken." },
  {
    customer: "aiko",
    name: "Aiko Tanaka",
    title: "Invoice 2026-118",
    text: "Please put our VAT number on it.",
  },
  { customer: "pierre", name: "Pierre Garnier", title: "Order 4655", text: "Je voudrais changer d’adresse." },
  { customer: "lucia", name: "Lucía Ortega", title: "Order 4702", text: "Can I still add a second chair?" },
] as const;

/** Customers before a team of two: some have been answered, one is closed, one has a note for the colleague. */
export async function fillTheDesk(stage: Stage): Promise<void> {
  const { api, write } = createSupportDesk(stage);
  await api("demo-lea", "PUT", "/api/blocks/demo-tom");
  const put = (path: string, body: object) => host(stage.url, "PUT", path, body);
  const ids: string[] = [];
  for (const { customer, name, title, text } of cases) {
    await put(`/api/users/${customer}`, { name, email: `${customer}@example.org`, locale: "en" });
    const subject = { type: "order", id: title, title };
    const body = { kind: "support", memberIds: [customer], subject };
    const { id } = await host<{ id: string }>(stage.url, "POST", "/api/messages/conversations", body);
    await sendAs(stage.url, customer, id, text);
    ids.push(id);
  }
  const [parcel, lamp, invoice, address] = ids as [string, string, string, string];
  const act = (as: string, id: string, action: string, body: object = {}) =>
    api(as, "POST", `/api/messages/conversations/${id}/${action}`, body);
  await act("demo-ana", parcel, "assign", { assigneeId: "demo-ana", expected: null });
  await write("demo-ana", parcel, "Good morning Marta. I am asking the carrier and come back to you today.");
  await act("demo-ana", parcel, "notes", {
    clientNoteId: crypto.randomUUID(),
    content: "Second parcel lost on this route this week: @Karim, yours too?",
  });
  await sendAs(stage.url, "marta", parcel, "Thank you, that is kind.");
  await act("demo-karim", lamp, "assign", { assigneeId: "demo-karim", expected: null });
  await write("demo-karim", lamp, "I am sorry. A new one leaves tonight, keep the pieces.");
  await write("demo-ana", invoice, "It is on the new invoice, which is in your account.");
  await act("demo-ana", invoice, "close");
  await write("demo-karim", address, "Bien sûr. Quelle est la nouvelle adresse ?");
  await api("demo-ana", "POST", "/api/canned-replies", {
    shortcut: "hello",
    title: "Greeting",
    content: "Hello {customer.name}, {agent.name} here about {subject.title}.",
  });
}

const everyMs = 400;

/** People who talk all the while, none of whom is in a picture; ends when told to. */
export async function startTraffic(stage: Stage): Promise<() => Promise<void>> {
  const people = Array.from({ length: 8 }, (_, n) => `passer-by-${n}`);
  for (const id of people) await host(stage.url, "PUT", `/api/users/${id}`, { name: id });
  const body = { kind: "group", memberIds: people, subject: { type: "room", id: "1", title: "A room" } };
  const { id } = await host<{ id: string }>(stage.url, "POST", "/api/messages/conversations", body);
  let isOver = false;
  const talking = (async () => {
    for (let n = 0; !isOver; n++) {
      // One that a busy machine fails is none that a picture shows.
      await sendAs(stage.url, people[n % people.length]!, id, `Message ${n}`).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  return async () => {
    isOver = true;
    await talking;
  };
}
