import { afterAll, beforeAll, expect, it } from "vitest";
import { type Relay, startRelay } from "./relay.ts";
import { type Stage, startStage } from "./stage.ts";
import type { Visitor } from "./visitor.ts";
import { waitMs } from "./visitor.ts";

/** Two people who cannot reach each other talk by way of the relay that the operator runs. */
let relay: Relay;
let stage: Stage;
beforeAll(async () => {
  relay = await startRelay("a secret that the relay shares with the cluster");
  stage = await startStage({ permissions: ["camera", "microphone"] }, { CANARY_MS: "0", ...relay.env });
}, 240_000);
afterAll(async () => {
  await stage?.stop();
  await relay?.stop();
}, 90_000);

/** As behind two firewalls: of all ways only those by a relay are tried. */
async function relayedOnly({ page }: Visitor): Promise<void> {
  await page.addInitScript(() => {
    const made: RTCPeerConnection[] = [];
    const Own = RTCPeerConnection;
    Object.assign(window, {
      made,
      RTCPeerConnection: class extends Own {
        constructor(configuration?: RTCConfiguration) {
          super({ ...configuration, iceTransportPolicy: "relay" });
          made.push(this);
        }
      },
    });
  });
}

/** The kinds of the two ends of the way that carries the call. */
const way = ({ page }: Visitor) =>
  page.evaluate(async () => {
    const { made } = window as unknown as { made: RTCPeerConnection[] };
    const all = [...((await made.at(-1)?.getStats())?.values() ?? [])];
    const pair = all.find(({ type, nominated, state }) => {
      return type === "candidate-pair" && nominated && state === "succeeded";
    });
    const kindOf = (id: string) => all.find((each) => each.id === id)?.candidateType as string;
    return pair ? [kindOf(pair.localCandidateId), kindOf(pair.remoteCandidateId)] : [];
  });

const frames = ({ page }: Visitor) =>
  page
    .locator('[data-testid="call-other"]')
    .evaluate((element) => (element as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames);

it("a call goes through the relay, with the credentials that the cluster gives", async () => {
  const [tom, zoe] = [await stage.visitor(), await stage.visitor()];
  for (const [visitor, account] of [
    [tom, "demo-tom"],
    [zoe, "demo-zoe"],
  ] as const) {
    await relayedOnly(visitor);
    await visitor.signIn(account);
    await visitor.online();
  }
  await tom.writeTo("demo-zoe");
  await tom.say("Shall we talk?");
  await tom.page.locator('[data-testid="call-button"]').click();
  await zoe.page.locator('[data-testid="call"][data-phase="incoming"]').waitFor();
  await zoe.page.locator('[data-testid="call-accept"]').click();
  for (const person of [tom, zoe]) {
    await person.page.locator('[data-testid="call"][data-phase="talking"]').waitFor({ timeout: waitMs });
    await expect.poll(() => frames(person), { timeout: waitMs }).toBeGreaterThan(0);
    expect(await way(person)).toEqual(["relay", "relay"]);
  }
});
