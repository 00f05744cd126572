import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { expectAccessible } from "./accessible.ts";
import { directBetween, sendAs } from "./host.ts";
import { type Stage, startStage } from "./stage.ts";
import { seeOff, type Visitor, waitMs } from "./visitor.ts";

/** Whom one can find, and what one begins with them: a conversation of two, a group, a question to the team. */
let stage: Stage;
const visitors: Visitor[] = [];
beforeAll(async () => {
  stage = await startStage({}, { CANARY_MS: "0", PEOPLE_DIRECTORY: "contacts" });
}, 240_000);
afterAll(() => stage?.stop(), 90_000);
afterEach(() => seeOff(visitors));

async function arrive(account: string): Promise<Visitor> {
  const visitor = await stage.visitor();
  visitors.push(visitor);
  await visitor.signIn(account);
  return visitor;
}

const by = ({ page }: Visitor, id: string) => page.locator(`[data-testid="${id}"]`);
const person = ({ page }: Visitor, id: string) => page.locator(`[data-person="${id}"]`);
const people = (visitor: Visitor) => visitor.page.locator("[data-person] .person-name").allTextContents();
const conversation = (one: string, other: string) => directBetween(stage.url, one, other);

it("who knows nobody asks the team, and is told how people are found", { timeout: 120_000 }, async () => {
  const zoe = await arrive("demo-zoe");
  await by(zoe, "new-conversation").click();
  const dialog = by(zoe, "new-conversation-dialog");
  await dialog.getByText("You share no conversation with anybody yet.").waitFor();
  await zoe.page.locator('[data-testid="find-people"]:focus').waitFor();
  await zoe.page.keyboard.type("tom");
  await dialog.getByText("You can find nobody of this name.").waitFor();
  expect(await people(zoe)).toEqual([]);
  await expectAccessible(zoe.page);
  await by(zoe, "ask-team").click();
  await zoe.page.locator('[data-testid="thread"] h1', { hasText: "The team" }).waitFor();
  await zoe.say("Is somebody there?");
  const { rows } = await stage.database.query("SELECT kind FROM conversations");
  expect(rows).toEqual([{ kind: "support" }]);

  // Whoever answers is of the team: they find everybody, and do not write to themselves.
  const ana = await arrive("demo-ana");
  await by(ana, "new-conversation").click();
  await person(ana, "demo-zoe").waitFor();
  expect(await by(ana, "ask-team").count()).toBe(0);
});

it("several are a group: begun, added to, taken out of and left", { timeout: 180_000 }, async () => {
  for (const id of ["demo-zoe", "demo-lea", "demo-sam"]) await conversation("demo-tom", id);
  const [tom, lea] = [await arrive("demo-tom"), await arrive("demo-lea")];
  await by(tom, "new-conversation").click();
  await person(tom, "demo-zoe").waitFor();
  expect(await people(tom)).toEqual(["Léa Moreau", "Sam Okafor", "Zoé Lambert"]);
  await by(tom, "find-people").fill("zoe");
  await tom.page.locator('[data-testid="people"][data-text="zoe"]').waitFor();
  await person(tom, "demo-zoe").click();
  await by(tom, "find-people").fill("moreau");
  await tom.page.locator('[data-testid="people"][data-text="moreau"]').waitFor();
  await person(tom, "demo-lea").click();
  expect(await by(tom, "chosen").allTextContents()).toEqual(["Zoé Lambert", "Léa Moreau"]);
  await by(tom, "group-title").fill("Bicycle tour");
  await expectAccessible(tom.page);
  await by(tom, "begin-conversation").click();
  await tom.say("Who comes along?");
  await lea.page.locator('[data-testid="conversation"]', { hasText: "Bicycle tour" }).click();
  await lea.bubble("Who comes along?").waitFor();

  await by(tom, "members-button").click();
  await by(tom, "add-members").click();
  await person(tom, "demo-sam").waitFor();
  // Who is in already is not offered.
  expect(await people(tom)).toEqual(["Sam Okafor"]);
  await person(tom, "demo-sam").click();
  await by(tom, "add-chosen").click();
  const members = (visitor: Visitor) => visitor.page.locator('[data-testid="members"] .person-name');
  await expect.poll(() => members(tom).count(), { timeout: waitMs }).toBe(4);
  await expectAccessible(tom.page);
  await tom.page.getByRole("button", { name: "Take Zoé Lambert out of the group" }).click();
  await tom.page.getByRole("button", { name: "Really take out" }).click();
  await expect
    .poll(() => members(tom).allTextContents(), { timeout: waitMs })
    .toEqual(["Léa Moreau", "Sam Okafor", "Tom Becker"]);
  await lea.page.locator('[data-testid="system-line"]', { hasText: /added .*Sam Okafor/ }).waitFor();
  await expect.poll(() => by(lea, "members-button").textContent(), { timeout: waitMs }).toBe("3");

  await by(lea, "conversation-menu").click();
  await lea.page.getByRole("menuitem", { name: "Leave the group" }).click();
  await lea.page.getByRole("menuitem", { name: "Really leave the group?" }).click();
  await expect.poll(() => members(tom).count(), { timeout: waitMs }).toBe(2);
});

it("one is a conversation of two, found again when it is begun again", { timeout: 120_000 }, async () => {
  const id = await conversation("demo-karim", "demo-lea");
  await sendAs(stage.url, "demo-karim", id, "Said before");
  const lea = await arrive("demo-lea");
  await lea.writeTo("demo-karim");
  await lea.bubble("Said before").waitFor();
  expect(await by(lea, "members-button").count()).toBe(0);
});

it("says in words that it could not be begun, or nobody looked for", { timeout: 120_000 }, async () => {
  await conversation("demo-sam", "demo-zoe");
  const zoe = await arrive("demo-zoe");
  await zoe.page.route("**/api/people?*", (route) => route.abort());
  await by(zoe, "new-conversation").click();
  const dialog = by(zoe, "new-conversation-dialog");
  await dialog.getByText("People could not be looked for.").waitFor();
  await zoe.page.unroute("**/api/people?*");
  await dialog.getByRole("button", { name: "Try again" }).click();
  await person(zoe, "demo-sam").click();
  const begun = "**/api/messages/conversations";
  await zoe.page.route(begun, (route) =>
    route.request().method() === "POST" ? route.abort() : route.fallback(),
  );
  await by(zoe, "begin-conversation").click();
  await dialog.getByRole("alert").getByText("That did not work.").waitFor();
  await zoe.page.unroute(begun);
  await by(zoe, "begin-conversation").click();
  await zoe.composer.waitFor();
});
