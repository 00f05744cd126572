import { mkdir } from "node:fs/promises";
import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root, type Stage, startStage } from "./stage.ts";
import { type Visitor, waitMs } from "./visitor.ts";

/** The metrics page before a real cluster of which a part dies. */
let stage: Stage;
let sam: Visitor;
beforeAll(async () => {
  stage = await startStage({ viewport: { width: 1_280, height: 900 } });
  sam = await stage.visitor();
  await sam.page.goto(`${stage.url}/admin/metrics`);
  await sam.page.locator('[data-demo-account="demo-sam"]').click();
}, 240_000);
afterAll(() => stage?.stop(), 90_000);

const row = (name: string) => sam.page.locator(`[data-testid="node-${name}"]`);

describe("the metrics page", () => {
  it("is where signing in leads back to, and shows every process ready", { timeout: 120_000 }, async () => {
    for (const name of ["gw1", "gw2", "api1", "worker1"])
      await row(name).locator('[data-state="ready"]').waitFor();
    expect(new URL(sam.page.url()).pathname).toBe("/admin/metrics");
    await sam.page.locator('[data-testid="delivery-level"]', { hasText: "Live" }).waitFor();
    await sam.page.locator('[data-testid="response-times"]', { hasText: "First reply" }).waitFor();
  });

  it("shows what the gateways' own clients measure, though nobody writes", { timeout: 120_000 }, async () => {
    await sam.page.locator('[data-testid="canary"]', { hasText: /Acked\s*\d.*Received\s*\d/ }).waitFor();
  });

  it("axe finds nothing serious in it, in both themes", { timeout: 120_000 }, async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await sam.page.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page: sam.page }).analyze();
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    }
    await sam.page.emulateMedia({ colorScheme: "light" });
    if (process.env.UPDATE_SCREENSHOTS === "1") {
      await mkdir(path.join(root, "docs/images"), { recursive: true });
      await sam.page.screenshot({ path: path.join(root, "docs/images/metrics.png"), fullPage: true });
    }
  });

  it("looks up the way of a message", { timeout: 120_000 }, async () => {
    const tom = await stage.visitor();
    await tom.signIn("demo-tom");
    await tom.writeTo("demo-zoe");
    await tom.say("The way of this one");
    await tom.page.locator('[data-testid="delivery"][data-delivery="sent"]').waitFor();
    const conversation = new URL(tom.page.url()).searchParams.get("conversation")!;
    await tom.page.context().close();
    const flight = sam.page.locator('[data-testid="flight"]');
    await flight.getByLabel("Conversation").fill(conversation);
    await flight.getByLabel("Message no.").fill("1");
    await flight.getByRole("button", { name: "Look up" }).click();
    for (const step of ["Received from the client", "Committed", "Acked to the client"])
      await flight.locator("tr", { hasText: step }).waitFor();
    expect(await flight.textContent()).not.toContain("The way of this one");
  });

  it("pauses, and goes on", { timeout: 120_000 }, async () => {
    const time = () => sam.page.locator(".metrics-as-of time").getAttribute("datetime");
    await sam.page.getByRole("button", { name: "Pause" }).click();
    const paused = await time();
    const other = await stage.visitor();
    await other.signIn("demo-tom");
    await other.page.context().close();
    expect(await time()).toBe(paused);
    await sam.page.getByRole("button", { name: "Resume" }).click();
    await expect.poll(time, { timeout: waitMs }).not.toBe(paused);
  });

  it("says that a frozen worker is gone, and that it is back", { timeout: 180_000 }, async () => {
    const { pid } = stage.processes().find(({ name }) => name === "worker1")!;
    process.kill(pid!, "SIGSTOP");
    await row("worker1").locator('[data-state="gone"]').waitFor();
    process.kill(pid!, "SIGCONT");
    await row("worker1").locator('[data-state="ready"]').waitFor();
  });

  it("drains a gateway when an admin confirms, and the cluster replaces it", {
    timeout: 180_000,
  }, async () => {
    const before = stage.processes().find(({ name }) => name === "gw1")!.pid;
    sam.page.once("dialog", (dialog) => void dialog.accept());
    await row("gw1").getByRole("button", { name: "Drain gw1" }).click();
    await expect
      .poll(() => stage.processes().find(({ name }) => name === "gw1")!.pid, { timeout: 2 * waitMs })
      .not.toBe(before);
    await row("gw1").locator('[data-state="ready"]').waitFor();
    expect(sam.problems).toEqual([]);
  });
});

describe("the chaos panel", () => {
  it("kills a gateway that a person writes through, and nothing is lost", { timeout: 240_000 }, async () => {
    const tom = await stage.visitor();
    await tom.signIn("demo-tom");
    const node = await tom.reload();
    await tom.writeTo("demo-zoe");
    const before = stage.processes().find(({ name }) => name === node)!.pid;
    await row(node)
      .getByRole("button", { name: `Kill ${node}` })
      .click();
    await expect
      .poll(() => stage.processes().find(({ name }) => name === node)!.pid, { timeout: 2 * waitMs })
      .not.toBe(before);
    await tom.say("Written through the storm");
    await tom.bubble("Written through the storm").waitFor();
    await tom.page.locator('[data-testid="delivery"][data-delivery="sent"]').last().waitFor();
    await tom.page.context().close();
  });
});

describe("who is no admin", () => {
  it("is told so", { timeout: 120_000 }, async () => {
    const tom = await stage.visitor();
    await tom.page.goto(`${stage.url}/admin/metrics`);
    await tom.page.locator('[data-demo-account="demo-tom"]').click();
    await tom.page.locator('[data-testid="metrics"]', { hasText: "for administrators" }).waitFor();
  });
});
