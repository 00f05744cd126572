/**
 * Shows what a push service delivers while nobody looks: see docs/notifications.md. Plain JavaScript, because a service
 * worker is not built: its address must stay the same.
 */

addEventListener("push", (event) => event.waitUntil(show(event.data?.json())));
addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.conversationId));
});

async function show(told) {
  if (!told) return;
  // Whoever has one of the pages before them hears of it there.
  if ((await pages()).some((page) => page.focused)) return;
  const { title, message, conversationId, seq } = told;
  const shown = await registration.getNotifications({ tag: conversationId });
  // Pushes may overtake one another, and come twice.
  if (shown.some((each) => each.data.seq >= seq)) return;
  await registration.showNotification(title, {
    body: message,
    tag: conversationId,
    renotify: true,
    icon: "/favicon.svg",
    data: { conversationId, seq },
  });
}

function pages() {
  return clients.matchAll({ type: "window", includeUncontrolled: true });
}

/**
 * A page of messages that is open goes there by itself: loading it anew would end a call, an upload, and what is being
 * written. Which page is one it says itself; its address here is still the one that it was loaded with.
 */
async function open(conversationId) {
  for (const page of await pages()) if (await goesThere(page, conversationId)) return page.focus();
  const address = new URL(`/messages?conversation=${encodeURIComponent(conversationId)}`, location.origin);
  return clients.openWindow(address.href);
}

const answersWithinMs = 500;

function goesThere(page, conversationId) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => resolve(true);
    setTimeout(resolve, answersWithinMs, false);
    page.postMessage({ parloir: "open", conversationId }, [port2]);
  });
}
