import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible } from "./accessible.ts";
import { type Stage, startStage } from "./stage.ts";
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

const place = (name: string) => sam.page.locator(`[data-testid="place-${name}"]`);
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

  it("draws how it hangs together: every process and store, with words beside each shape", {
    timeout: 120_000,
  }, async () => {
    for (const name of ["balancer", "gw1", "gw2", "api1", "worker1", "postgres", "redis", "queue"])
      await place(name).and(sam.page.locator('[data-state="ready"]')).waitFor();
    const topology = sam.page.locator('[data-testid="topology"]');
    for (const words of [
      /^Ready · \d+ sockets?$/,
      /^Reached by 4 of 4 · answers in/,
      /^Answers this browser/,
    ])
      await topology.getByText(words).first().waitFor();
  });

  it("tells a balancer that has no api to ask from one that is gone", { timeout: 120_000 }, async () => {
    const balancer = (state: string) =>
      place("balancer")
        .and(sam.page.locator(`[data-state="${state}"]`))
        .waitFor();
    // As HAProxy answers by itself, and as nobody does.
    await sam.page.route("**/livez", (route) => route.fulfill({ status: 503, body: "{}" }));
    await balancer("degraded");
    await sam.page.getByText("Answers, but reaches no API").waitFor();
    await sam.page.unroute("**/livez");
    await sam.page.route("**/livez", (route) => route.abort());
    await balancer("gone");
    await sam.page.unroute("**/livez");
    await balancer("ready");
  });

  it("shows the queues, how long the stores take, and what each gateway has done", {
    timeout: 120_000,
  }, async () => {
    const cells = async (id: string) =>
      Object.fromEntries(
        await sam.page.locator(`[data-testid="${id}"]`).evaluate((line) => {
          const titles = [...line.closest("table")!.querySelectorAll("thead th")];
          return [...line.children].map((cell, at) => [titles[at]?.textContent, cell.textContent]);
        }),
      ) as Record<string, string>;
    await sam.page.locator('[data-testid="queue-notify"]').waitFor();
    expect(await cells("queue-notify")).toMatchObject({
      Waiting: "0",
      "Oldest waits for": "0 s",
      "Given up": "0",
    });
    const gateway = await cells("node-gw1");
    for (const column of ["Sockets", "Rooms", "Gaps repaired", "Told to reload", "Slow readers cut"])
      expect([column, gateway[column]]).toEqual([column, expect.stringMatching(/^\d+$/)]);
    for (const column of ["Memory", "Event loop lag p99", "Redis round trip"])
      expect([column, gateway[column]]).toEqual([column, expect.stringMatching(/^[\d.,]+ (MB|ms)$/)]);
    expect(gateway["Resumed: ring / database"]).toMatch(/^\d+ \/ \d+$/);
    expect((await cells("node-api1"))["Postgres round trip"]).toMatch(/^[\d.,]+ ms$/);
    // The first point of history stands after ten seconds.
    const canary = sam.page.locator('[data-testid="level-canary"]', { hasText: /ept.*99\.9%.*%/ });
    await canary.waitFor();
    expect((await cells("node-worker1"))["Pool: busy / open / waiting"]).toMatch(/^\d+ \/ \d+ \/ \d+$/);
  });

  it("axe finds nothing serious in it, in both themes, at 1,280 pixels and on a tablet", {
    timeout: 120_000,
  }, async () => {
    for (const [width, height, colorScheme] of [
      [1_280, 900, "light"],
      [1_280, 900, "dark"],
      [834, 1_112, "light"],
    ] as const) {
      await sam.page.setViewportSize({ width, height });
      await sam.page.emulateMedia({ colorScheme });
      await expectAccessible(sam.page);
      // Tables scroll for themselves: the page never does, and whatever is in it can be reached.
      const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
      expect([width, await sam.page.evaluate(overflow)]).toEqual([width, 0]);
    }
    await row("gw2").getByRole("button", { name: "Drain gw2" }).scrollIntoViewIfNeeded();
    await sam.page.setViewportSize({ width: 1_280, height: 900 });
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

  it("shows each process's past: those of a role compared, or one alone, with a table behind each chart", {
    timeout: 120_000,
  }, async () => {
    const past = sam.page.locator('[data-testid="node-history"]');
    const heads = (chart: string) =>
      past.locator("figure", { hasText: chart }).locator("thead th").allTextContents();
    await past.getByText("Event loop lag, p99").waitFor();
    await past.locator("figure", { hasText: "Sockets" }).locator("summary").click();
    await expect.poll(() => heads("Sockets"), { timeout: waitMs }).toEqual(["Time", "gw1", "gw2"]);
    await past.getByLabel("Process").selectOption("gw2");
    await expect.poll(() => heads("Sockets"), { timeout: waitMs }).toEqual(["Time", "gw2"]);
    await past.locator("td", { hasText: /^\d+$/ }).first().waitFor();
    await past.getByRole("button", { name: "Workers" }).click();
    await past.getByText("Outbox age, p95").waitFor();
    expect(await past.getByLabel("Process").locator("option").allTextContents()).toEqual([
      "All, compared",
      "worker1",
    ]);
    await past.getByRole("button", { name: "Gateways" }).click();
  });

  it("looks back a day, as the server kept it", { timeout: 120_000 }, async () => {
    const history = sam.page.locator('[data-testid="history"]');
    const rows = history.locator("details").first().locator("tbody tr");
    await sam.page.getByRole("button", { name: "Last day" }).click();
    await history.locator("details summary").first().click();
    // Of a cluster that has just begun a day has few steps.
    await rows.first().waitFor();
    expect(await rows.count()).toBeLessThan(20);
    await sam.page.getByRole("button", { name: "Last hour" }).click();
    await rows.first().waitFor();
    await history.locator("details summary").first().click();
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
    await row("worker1").locator('[data-state="stale"]').waitFor();
    await row("worker1").locator('[data-state="gone"]').waitFor();
    await place("worker1").and(sam.page.locator('[data-state="gone"]')).waitFor();
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

/** A process that stands still, as Linux says it (proc(5)). */
const isFrozen = (pid: number) => /\) T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));

describe("a gateway, frozen from the panel", () => {
  it("stands still and goes on by itself, and what was written to it meanwhile arrives", {
    timeout: 240_000,
  }, async () => {
    const [tom, zoe] = [await stage.visitor(), await stage.visitor()];
    await zoe.signIn("demo-zoe");
    await zoe.writeTo("demo-tom");
    await tom.signIn("demo-tom");
    const node = await tom.reload();
    await tom.writeTo("demo-zoe");
    const pid = () => stage.processes().find(({ name }) => name === node)!.pid!;
    const before = pid();
    await row(node)
      .getByRole("button", { name: `Freeze ${node}` })
      .click();
    await expect.poll(() => isFrozen(before), { timeout: waitMs, interval: 100 }).toBe(true);
    await tom.say("Into the ice");
    await zoe.bubble("Into the ice").waitFor();
    await expect.poll(() => isFrozen(before), { timeout: waitMs }).toBe(false);
    expect(pid()).toBe(before);
    await row(node).locator('[data-state="ready"]').waitFor();
    await place(node).and(sam.page.locator('[data-state="ready"]')).waitFor();
    for (const each of [tom, zoe]) await each.page.context().close();
  });
});

describe("Redis, stopped from the panel", () => {
  it("comes back by itself, and nothing that was written meanwhile is lost", {
    timeout: 240_000,
  }, async () => {
    const [tom, zoe] = [await stage.visitor(), await stage.visitor()];
    await tom.signIn("demo-tom");
    await tom.writeTo("demo-zoe");
    await zoe.signIn("demo-zoe");
    await zoe.writeTo("demo-tom");
    const redis = () => stage.processes().find(({ name }) => name === "redis")!.pid;
    const before = redis();
    await sam.page.getByRole("button", { name: "Stop Redis" }).click();
    const texts = ["Into the gap", "Still without Redis", "And on"];
    for (const text of texts) {
      await tom.say(text);
      await tom.bubble(text).waitFor();
    }
    await expect.poll(redis, { timeout: 2 * waitMs }).not.toBe(before);
    for (const text of texts) await zoe.bubble(text).waitFor();
    const shown = async () =>
      (await zoe.bubbles()).flatMap((bubble) => texts.filter((text) => bubble.includes(text)));
    await expect.poll(shown, { timeout: waitMs }).toEqual(texts);
    await sam.page.locator('[data-testid="delivery-level"]', { hasText: "Live" }).waitFor();
    await place("redis").and(sam.page.locator('[data-state="ready"]')).waitFor();
    for (const each of [tom, zoe]) await each.page.context().close();
  });
});

describe("the team's pages", () => {
  it.each([
    ["demo-sam", ["Support", "Response times", "Metrics"]],
    ["demo-ana", ["Support", "Response times"]],
    ["demo-tom", []],
  ])("are linked from the messages of %s: %s", { timeout: 120_000 }, async (account, names) => {
    const visitor = await stage.visitor();
    await visitor.signIn(account);
    const links = visitor.page.locator(".page-links a");
    await links.first().waitFor();
    expect((await links.allTextContents()).slice(4)).toEqual(names);
    const last = names.at(-1);
    if (last !== undefined) {
      await links.getByText(last).click();
      await visitor.page.locator(".admin-nav a[aria-current]", { hasText: last }).waitFor();
    }
    await visitor.page.context().close();
  });
});

describe("their links", () => {
  it("fit beside everything else in the bar, in French as well, on every width from a tablet on", {
    timeout: 120_000,
  }, async () => {
    const { page } = sam;
    await page.getByTestId("language-switch").getByRole("button", { name: "FR" }).click();
    const links = ":is(.admin-nav, .page-links)";
    for (const path of ["/admin/messages", "/admin/stats", "/admin/metrics", "/bank"]) {
      await page.goto(`${stage.url}${path}`);
      await page.locator(`${links} a`, { hasText: "Métriques" }).waitFor();
      for (const width of [1_280, 1_200, 1_100, 1_024, 834, 768]) {
        await page.setViewportSize({ width, height: 900 });
        const clipped = (nav: string) =>
          [nav, ".bar", "html"].filter((selector) => {
            const { scrollWidth, clientWidth } = document.querySelector(selector)!;
            return scrollWidth > clientWidth;
          });
        // Charts take another width a frame later.
        await expect
          .poll(() => page.evaluate(clipped, links), { message: `${path} at ${width}`, timeout: waitMs })
          .toEqual([]);
      }
    }
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
