import type { BrowserContext, CDPSession } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PushBrowser, pushBrowser } from "../setup/push-browser.ts";
import { type Receiver, startReceiver } from "../setup/receiver.ts";
import { eventually } from "../setup/waiting.ts";
import { type Stage, startStage } from "./stage.ts";

/**
 * A browser that is told without an open page. This Chromium has no push service of its own: subscribing leads to one
 * here, and what comes there is handed to the service worker as the browser would.
 */
let stage: Stage;
let service: Receiver;
let browser: PushBrowser;
beforeAll(async () => {
  service = await startReceiver();
  service.answer(201);
  browser = pushBrowser(`${service.url}/tom`);
  stage = await startStage();
}, 240_000);
afterAll(async () => {
  await stage?.stop();
  await service.stop();
}, 90_000);

/** Somebody whose browser has a push service, and has not been asked yet. */
async function withService(): Promise<BrowserContext> {
  const context = await stage.browser.newContext();
  await context.addInitScript((subscription) => {
    const subscribed = { toJSON: () => subscription, unsubscribe: async () => true };
    PushManager.prototype.subscribe = async () => subscribed as unknown as PushSubscription;
    // Each question, and whether it came in answer to something the person did.
    const asked: boolean[] = [];
    Object.assign(window, { asked });
    Notification.requestPermission = async () => {
      asked.push(navigator.userActivation.isActive);
      return "granted";
    };
  }, browser.subscription);
  return context;
}

/** Hands a push to the service worker, and answers what notifications there are then. */
async function deliver(cdp: CDPSession, context: BrowserContext, data: string) {
  const found = Promise.withResolvers<string>();
  cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
    const own = registrations.find(({ scopeURL }) => scopeURL.startsWith(stage.url));
    if (own) found.resolve(own.registrationId);
  });
  await cdp.send("ServiceWorker.enable");
  const registrationId = await found.promise;
  await cdp.send("ServiceWorker.deliverPushMessage", { origin: stage.url, registrationId, data });
  await cdp.send("ServiceWorker.disable");
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
  return () =>
    worker.evaluate(async () => {
      const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration };
      return (await registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }));
    });
}

describe("the bell beside one's name", () => {
  it("asks for nothing until it is clicked, and then this browser is told", {
    timeout: 180_000,
  }, async () => {
    const context = await withService();
    const tom = await stage.visitor(context);
    await tom.signIn("demo-tom");
    const bell = tom.page.locator('[data-testid="push-switch"]');
    expect(await bell.getAttribute("data-state")).toBe("off");
    expect(await tom.page.evaluate(() => navigator.serviceWorker.getRegistrations())).toEqual([]);
    const asked = () => tom.page.evaluate(() => (window as unknown as { asked: boolean[] }).asked);
    // Not by itself, nor by what one does elsewhere in the page; each page load begins anew.
    await tom.writeTo("demo-lea");
    await tom.page.locator('[data-testid="bell"]').click();
    await tom.page.keyboard.press("Escape");
    expect(await asked()).toEqual([]);
    await tom.page.reload();
    await tom.connected();
    expect(await asked()).toEqual([]);
    await context.grantPermissions(["notifications"], { origin: stage.url });
    await bell.click();
    await tom.page.locator('[data-testid="push-switch"][data-state="on"]').waitFor();
    expect(await asked()).toEqual([true]);
    // Nobody looks any more.
    const blank = await context.newPage();
    await tom.page.close();

    const zoe = await stage.visitor();
    await zoe.signIn("demo-zoe");
    await zoe.writeTo("demo-tom");
    await zoe.say("Is the bike still there?");
    const [request] = await eventually(
      "the push",
      () => service.received,
      (all) => all.length > 0,
    );
    const told = browser.decrypt(request!.body);
    expect(told).toMatchObject({ title: "Zoé Lambert", message: "Is the bike still there?", count: 1 });

    const cdp = await context.newCDPSession(blank);
    const shown = { title: "Zoé Lambert", body: told.message, tag: told.conversationId };
    for (const _ of ["once", "again"]) {
      const notifications = await deliver(cdp, context, JSON.stringify(told));
      await eventually("the notification", notifications, (all) => all.length === 1);
      expect(await notifications()).toEqual([shown]);
    }

    // A click leads an open page there without loading it anew, which would end a call and what is being written.
    const open = await stage.visitor(context);
    await open.signIn("demo-tom");
    await open.page.evaluate(() => Object.assign(window, { isTheSame: true }));
    await context.serviceWorkers()[0]!.evaluate(async () => {
      const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration };
      const [notification] = await registration.getNotifications();
      const click = (globalThis as unknown as { NotificationEvent: new (...given: unknown[]) => Event })
        .NotificationEvent;
      dispatchEvent(new click("notificationclick", { notification }));
    });
    await open.bubble("Is the bike still there?").waitFor();
    expect(new URL(open.page.url()).searchParams.get("conversation")).toBe(told.conversationId);
    expect(await open.page.evaluate(() => "isTheSame" in window)).toBe(true);
    await context.close();
  });

  it("says so when the browser was told to refuse", { timeout: 120_000 }, async () => {
    const context = await withService();
    await context.addInitScript(() => {
      Object.defineProperty(Notification, "permission", { get: () => "denied" });
    });
    const tom = await stage.visitor(context);
    await tom.signIn("demo-tom");
    const bell = tom.page.locator('[data-testid="push-switch"]');
    expect(await bell.getAttribute("data-state")).toBe("denied");
    expect(await bell.isDisabled()).toBe(true);
    await context.close();
  });
});
