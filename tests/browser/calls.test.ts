import { createHmac } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { expectAccessible } from "./accessible.ts";
import { host, sendAs } from "./host.ts";
import { type Stage, startStage } from "./stage.ts";
import { seeOff, type Visitor, waitMs } from "./visitor.ts";

/** Two people see each other, whatever becomes of the gateways between them. */
/** Nobody lets it ring until a whole page is analysed. */
const theCall = { only: '[data-testid="call"]' };
let stage: Stage;
/** Nobody answers there, and nobody has to: the two find each other on this machine. */
const relays = {
  STUN_URLS: "stun:127.0.0.1:3478",
  TURN_URLS: "turn:127.0.0.1:3478?transport=udp,turns:127.0.0.1:5349",
  TURN_SECRET: "a secret that the relay shares with the cluster",
};
const visitors: Visitor[] = [];
beforeAll(async () => {
  stage = await startStage({ permissions: ["camera", "microphone"] }, { CANARY_MS: "0", ...relays });
}, 240_000);
afterAll(() => stage?.stop(), 90_000);
afterEach(() => seeOff(visitors));

/** Gateways start anew, and a client's next try may be half a minute away. */
const comebackMs = 90_000;

async function arrive(account: string, beside?: Visitor): Promise<Visitor> {
  const visitor = await stage.visitor(beside?.page.context());
  visitors.push(visitor);
  await visitor.signIn(account);
  return visitor;
}

/** Two people on two gateways, the first with their thread open. */
async function two(one: string, other: string): Promise<[Visitor, Visitor]> {
  const [first, second] = [await arrive(one), await arrive(other)];
  const at = await first.online();
  for (let n = 0; (await second.online()) === at && n < 10; n++) await second.reload();
  expect(await second.online()).not.toBe(at);
  await first.writeTo(other);
  await first.say("Shall we talk?");
  await second.page.locator('[data-testid="conversation"]').first().waitFor();
  return [first, second];
}

/** With what servers this page makes its connections to other browsers. */
async function noteServers({ page }: Visitor): Promise<() => Promise<RTCIceServer[][]>> {
  await page.addInitScript(() => {
    const made: unknown[] = [];
    const Own = RTCPeerConnection;
    Object.assign(window, {
      made,
      RTCPeerConnection: class extends Own {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          // As the browser understood it.
          made.push(this.getConfiguration().iceServers);
        }
      },
    });
  });
  return () => page.evaluate(() => (window as unknown as { made: RTCIceServer[][] }).made);
}

const call = (visitor: Visitor, phase: string) =>
  visitor.page.locator(`[data-testid="call"][data-phase="${phase}"]`);
const press = (visitor: Visitor, name: string) =>
  visitor.page.locator(`[data-testid="call-${name}"]`).click();

/** What became of a call, in the open conversation. */
const line = ({ page }: Visitor, text: RegExp) =>
  page.locator('[data-testid="system-line"]', { hasText: text });

/** How many pictures of the other one were shown so far; 0 before the first. */
const frames = ({ page }: Visitor) =>
  page.locator('[data-testid="call-other"]').evaluate((element) => {
    const video = element as HTMLVideoElement;
    return video.videoWidth > 0 ? video.getVideoPlaybackQuality().totalVideoFrames : 0;
  });

/** Pictures come, and go on coming. */
async function sees(visitor: Visitor): Promise<void> {
  await call(visitor, "talking").waitFor({ timeout: waitMs });
  await expect.poll(() => frames(visitor), { timeout: waitMs }).toBeGreaterThan(0);
  const before = await frames(visitor);
  await expect.poll(() => frames(visitor), { timeout: waitMs }).toBeGreaterThan(before);
}

it("rings, is accepted in one of two tabs, shows both to each other, and ends for both", async () => {
  const [tom, zoe] = await two("demo-tom", "demo-zoe");
  const secondTab = await arrive("demo-zoe", zoe);
  await tom.page.locator('[data-testid="call-button"]').click();
  await call(tom, "calling").waitFor();
  for (const tab of [zoe, secondTab]) await call(tab, "incoming").waitFor();
  const announced = zoe.page.locator('[data-testid="call-announcer"]');
  await expect.poll(() => announced.textContent(), { timeout: waitMs }).toContain("Tom");
  await press(zoe, "accept");
  await call(secondTab, "incoming").waitFor({ state: "detached" });
  expect(await secondTab.page.locator('[data-testid="call"]').count()).toBe(0);
  for (const person of [tom, zoe]) await sees(person);
  for (const person of [tom, zoe]) await expectAccessible(person.page, theCall);

  // Without a camera there is nothing to see, and one is told so.
  await press(tom, "video");
  const nobody = zoe.page.locator(".call-nobody");
  await nobody.waitFor();
  await press(tom, "video");
  await nobody.waitFor({ state: "detached" });
  await sees(zoe);
  await press(zoe, "mic");
  await tom.page.locator(".call-words", { hasText: "is muted" }).waitFor();

  // One may write meanwhile.
  await tom.say("I see you");
  await press(zoe, "end");
  for (const person of [tom, zoe]) {
    await call(person, "ended").waitFor();
    await press(person, "quiet");
    await person.page.locator('[data-testid="call"]').waitFor({ state: "detached" });
  }
  await line(tom, /^Video call, \d+\s(s|min)$/).waitFor();
}, 300_000);

it("goes on while the gateways of both are killed, and is hung up through the new ones", async () => {
  const [tom, zoe] = await two("demo-sam", "demo-lea");
  await tom.page.locator('[data-testid="call-button"]').click();
  await call(zoe, "incoming").waitFor();
  await press(zoe, "accept");
  for (const person of [tom, zoe]) await sees(person);
  const gateways = stage.processes().filter(({ role }) => role === "gateway");
  for (const { pid } of gateways) process.kill(pid!, "SIGKILL");
  const replaced = () =>
    gateways.every(({ name, pid }) => stage.processes().some((now) => now.name === name && now.pid !== pid));
  await expect.poll(replaced, { timeout: comebackMs }).toBe(true);
  for (const { page } of [tom, zoe])
    await page.locator('[data-testid="connection"][data-status="online"]').waitFor({ timeout: comebackMs });
  for (const person of [tom, zoe]) await sees(person);
  // The signals find their way by the new gateways.
  await press(tom, "video");
  await zoe.page.locator(".call-nobody").waitFor();
  await press(tom, "end");
  await call(zoe, "ended").waitFor();
}, 300_000);

it("looks for a way by the relays of the configuration, with credentials of the person's own", async () => {
  const [karim, lea] = [await stage.visitor(), await stage.visitor()];
  visitors.push(karim, lea);
  const servers = [await noteServers(karim), await noteServers(lea)];
  await karim.signIn("demo-karim");
  await lea.signIn("demo-lea");
  await karim.writeTo("demo-lea");
  await karim.page.locator('[data-testid="call-button"]').click();
  await call(lea, "incoming").waitFor();
  await press(lea, "accept");
  for (const person of [karim, lea]) await sees(person);
  for (const [index, userId] of ["demo-karim", "demo-lea"].entries()) {
    const [[stun, turn, ...others] = [], ...more] = await servers[index]!();
    expect(more).toEqual([]);
    expect(others).toEqual([]);
    expect(stun?.urls).toEqual([relays.STUN_URLS]);
    expect(turn?.urls).toEqual(relays.TURN_URLS.split(","));
    // As the usual relays check it: the end of its time and the person, signed with the shared secret.
    const { username = "", credential } = turn!;
    expect(username).toMatch(new RegExp(`^\\d+:${userId}$`));
    expect(Number(username.split(":")[0]) * 1_000).toBeGreaterThan(Date.now());
    expect(credential).toBe(createHmac("sha1", relays.TURN_SECRET).update(username).digest("base64"));
  }
  await press(karim, "end");
  await call(lea, "ended").waitFor();
}, 300_000);

/** What the browser says when there is no such device. */
const withoutDevices = ({ page }: Visitor) =>
  page.evaluate(() => {
    const { mediaDevices } = navigator;
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = () => Promise.reject(new DOMException("gone", "NotFoundError"));
    Object.assign(window, { plugIn: () => Object.assign(mediaDevices, { getUserMedia: open }) });
  });
const plugIn = ({ page }: Visitor) =>
  page.evaluate(() => (window as unknown as { plugIn: () => void }).plugIn());
/** As the browser does it when somebody pulls the cable. */
const unplug = ({ page }: Visitor, kind: "audio" | "video") =>
  page.locator('[data-testid="call-own"]').evaluate((element, wanted) => {
    const stream = (element as HTMLVideoElement).srcObject as MediaStream;
    for (const track of stream.getTracks().filter((each) => each.kind === wanted)) {
      track.stop();
      track.dispatchEvent(new Event("ended"));
    }
  }, kind);

it("says in words what became of a camera or a microphone, and mends it when there is one", async () => {
  const [tom, sam] = [await arrive("demo-tom"), await arrive("demo-sam")];
  await tom.writeTo("demo-sam");
  await tom.page.locator('[data-testid="call-button"]').click();
  await call(sam, "incoming").waitFor();
  await press(sam, "accept");
  for (const person of [tom, sam]) await sees(person);
  const trouble = tom.page.locator('[data-testid="call-trouble"]');
  const nobody = sam.page.locator(".call-nobody");
  const muted = sam.page.locator(".call-words", { hasText: "is muted" });

  await unplug(tom, "video");
  await trouble.getByText("The camera is not there any more.").waitFor();
  await nobody.waitFor();
  await withoutDevices(tom);
  await press(tom, "video");
  await trouble.getByText("The camera cannot be switched on").waitFor();
  await expectAccessible(tom.page, theCall);
  await plugIn(tom);
  await press(tom, "video");
  await trouble.waitFor({ state: "detached" });
  await nobody.waitFor({ state: "detached" });
  await sees(sam);

  // With another microphone there it goes on by itself, without one the other is told.
  await unplug(tom, "audio");
  const heard = () =>
    tom.page.locator('[data-testid="call-own"]').evaluate((element) => {
      const stream = (element as HTMLVideoElement).srcObject as MediaStream;
      return stream.getAudioTracks().map(({ readyState, enabled }) => `${readyState} ${enabled}`);
    });
  await expect.poll(heard, { timeout: waitMs }).toEqual(["live true"]);
  expect(await trouble.count()).toBe(0);
  await withoutDevices(tom);
  await unplug(tom, "audio");
  await trouble.getByText("nobody hears you").waitFor();
  await muted.waitFor();
  await plugIn(tom);
  await press(tom, "mic");
  await trouble.waitFor({ state: "detached" });
  await muted.waitFor({ state: "detached" });
  await press(tom, "end");
  await call(sam, "ended").waitFor();
}, 300_000);

it("looks for another way with new credentials when the old ones have ended", async () => {
  const people = [await stage.visitor(), await stage.visitor()] as const;
  visitors.push(...people);
  const [zoe, karim] = people;
  for (const { page } of people) {
    let asked = 0;
    await page.route("**/api/calls/ice-servers", (route) => {
      asked += 1;
      const urls = ["turn:127.0.0.1:3478?transport=udp"];
      const iceServers = [{ urls, username: `time-${asked}`, credential: "c" }];
      // The first ones end while the two talk.
      const expiresAt = new Date(asked === 1 ? 0 : Date.now() + 3_600_000).toISOString();
      return route.fulfill({ json: { success: true, data: { iceServers, expiresAt } } });
    });
    await page.addInitScript(() => {
      const Own = RTCPeerConnection;
      const made: RTCPeerConnection[] = [];
      Object.assign(window, {
        made,
        RTCPeerConnection: class extends Own {
          constructor(configuration?: RTCConfiguration) {
            super(configuration);
            made.push(this);
          }
        },
      });
    });
  }
  await zoe.signIn("demo-zoe");
  await karim.signIn("demo-karim");
  await zoe.writeTo("demo-karim");
  await zoe.page.locator('[data-testid="call-button"]').click();
  await call(karim, "incoming").waitFor();
  await press(karim, "accept");
  for (const person of people) await sees(person);
  const username = ({ page }: Visitor) =>
    page.evaluate(() => {
      const [connection] = (window as unknown as { made: RTCPeerConnection[] }).made;
      return connection?.getConfiguration().iceServers?.[0]?.username;
    });
  for (const person of people) expect(await username(person)).toBe("time-1");
  await zoe.page.evaluate(() => {
    const [connection] = (window as unknown as { made: RTCPeerConnection[] }).made;
    Object.defineProperty(connection, "connectionState", { configurable: true, value: "failed" });
    connection!.dispatchEvent(new Event("connectionstatechange"));
  });
  await call(zoe, "lost").waitFor();
  for (const person of people) await expect.poll(() => username(person), { timeout: waitMs }).toBe("time-2");
  await zoe.page.evaluate(() => {
    const [connection] = (window as unknown as { made: RTCPeerConnection[] }).made;
    Reflect.deleteProperty(connection!, "connectionState");
    connection!.dispatchEvent(new Event("connectionstatechange"));
  });
  for (const person of people) await sees(person);
  await press(zoe, "end");
  await call(karim, "ended").waitFor();
}, 300_000);

it("is declined, finds somebody busy, and is missed; in French", async () => {
  const tom = await arrive("demo-tom");
  await tom.writeTo("demo-ana");
  const [karim, ana] = await two("demo-karim", "demo-ana");
  await ana.page.locator('[data-testid="language-switch"] button[lang="fr"]').click();
  await karim.page.locator('[data-testid="call-button"]').click();
  await call(ana, "incoming").waitFor();
  await expectAccessible(ana.page, theCall);
  await press(ana, "end");
  await karim.page.locator('[data-testid="call"][data-outcome="declined"]').waitFor();
  await press(karim, "quiet");

  await karim.page.locator('[data-testid="call-button"]').click();
  await call(ana, "incoming").waitFor();
  await tom.page.locator('[data-testid="call-button"]').click();
  await tom.page.locator('[data-testid="call"][data-outcome="busy"]').waitFor();
  await press(karim, "end");
  await ana.page.locator('[data-testid="call"][data-outcome="cancelled"]').waitFor();
  const words = ana.page.locator('[data-testid="call-status"]');
  expect(await words.textContent()).toMatch(/^Appel vidéo manqué de .*Karim/);
  await press(ana, "quiet");

  // And so it stands in the conversation, for each as it was for them.
  await line(karim, /Karim.* called .*Ana.*, who declined/).waitFor();
  await line(karim, /Karim.* called .*Ana.*, without an answer/).waitFor();
  await ana.page.locator('[data-testid="bell"]').click();
  const missed = ana.page.locator('[data-testid="bell-line"]', { hasText: "Karim" });
  await missed.getByText("Appel vidéo manqué").first().waitFor();
  await missed.first().click();
  await line(ana, /^Appel vidéo manqué de .*Karim/).waitFor();
}, 300_000);

it("names both in support, where the agent is in nobody's list", async () => {
  const { id } = await host<{ id: string }>(stage.url, "POST", "/api/messages/conversations", {
    kind: "support",
    memberIds: ["demo-zoe"],
  });
  await sendAs(stage.url, "demo-zoe", id, "It is easier to show you.");
  const [zoe, ana] = [await arrive("demo-zoe"), await arrive("demo-ana")];
  await ana.page.goto(`${stage.url}/admin/messages?conversation=${id}`);
  await ana.bubble("It is easier to show you.").waitFor();
  await ana.page.locator('[data-testid="call-button"]').click();
  await call(zoe, "incoming").waitFor();
  expect(await zoe.page.locator(".call-name").textContent()).toContain("Ana");
  await call(ana, "calling").waitFor();
  expect(await ana.page.locator(".call-name").textContent()).toContain("Zoé");
  await press(ana, "end");
  await line(ana, /Ana.* called .*Zoé.*, without an answer/).waitFor();
}, 300_000);
