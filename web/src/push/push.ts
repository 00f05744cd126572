import { unwrap } from "@parloir/client/core/rest.ts";
import { remember, remembered } from "@parloir/client/react/remembered.ts";
import { token } from "../session.ts";

/** Web push in this browser. One browser is told of one person's messages: whoever switched it on last. */
export type PushState = "unsupported" | "denied" | "off" | "on";

const workerPath = "/push-worker.js";

/** A click on a notification, while this page is open. Returns how to stop listening. */
export function onNotificationClick(open: (conversationId: string) => void): () => void {
  if (!("serviceWorker" in navigator)) return () => undefined;
  const ended = new AbortController();
  navigator.serviceWorker.addEventListener(
    "message",
    ({ data, ports }) => {
      if (data?.parloir !== "open" || typeof data.conversationId !== "string") return;
      open(data.conversationId);
      ports[0]?.postMessage("done");
    },
    { signal: ended.signal },
  );
  navigator.serviceWorker.startMessages();
  return () => ended.abort();
}

/** «<person> <id of the subscription>» */
const mark = "push";

export function isSupported(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

/** What is known without asking anybody. */
export function presentState(userId: string): PushState {
  if (!isSupported()) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  return Notification.permission === "granted" && subscriptionOf(userId) !== null ? "on" : "off";
}

function subscriptionOf(userId: string): string | null {
  const [person, id] = (remembered(mark) ?? "").split(" ");
  return person === userId && id ? id : null;
}

async function call<Data>(method: string, path: string, body?: unknown): Promise<Data> {
  const headers: Record<string, string> = { authorization: `Bearer ${await token({ renew: false })}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  const init: RequestInit = { method, headers, signal: AbortSignal.timeout(15_000) };
  if (body !== undefined) init.body = JSON.stringify(body);
  return unwrap<Data>(await fetch(path, init));
}

/** Only in answer to a click: browsers, and people, take it badly otherwise. @throws when browser or cluster refuse */
export async function switchOn(userId: string): Promise<PushState> {
  const permission = await Notification.requestPermission();
  if (permission !== "granted") return permission === "denied" ? "denied" : "off";
  await subscribe(userId);
  return "on";
}

/** Of an earlier visit: browsers renew subscriptions by themselves, and the cluster must know the present one. */
export async function renew(userId: string): Promise<void> {
  if (presentState(userId) === "on") await subscribe(userId);
}

async function subscribe(userId: string): Promise<void> {
  const { publicKey } = await call<{ publicKey: string }>("GET", "/api/push/key");
  await navigator.serviceWorker.register(workerPath);
  const { pushManager } = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: publicKey };
  const subscription = await pushManager.subscribe(options).catch(async (error: unknown) => {
    // Made with the key of another cluster at this address.
    const former = await pushManager.getSubscription();
    if (!former) throw error;
    await former.unsubscribe();
    return pushManager.subscribe(options);
  });
  const { id } = await call<{ id: string }>("POST", "/api/push/subscriptions", subscription.toJSON());
  remember(mark, `${userId} ${id}`);
}

export async function switchOff(userId: string): Promise<void> {
  const id = subscriptionOf(userId);
  if (id === null) return;
  remember(mark, null);
  const registration = await navigator.serviceWorker.getRegistration(workerPath);
  const subscription = await registration?.pushManager.getSubscription();
  await Promise.all([subscription?.unsubscribe(), call("DELETE", `/api/push/subscriptions/${id}`)]);
}
