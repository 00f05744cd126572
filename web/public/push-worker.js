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

async function open(conversationId) {
  const address = new URL(`/messages?conversation=${encodeURIComponent(conversationId)}`, location.origin)
    .href;
  const present = await pages();
  const page = present.find((each) => each.url === address) ?? present[0];
  if (!page) return clients.openWindow(address);
  await page.focus();
  // A page that this worker does not control is not navigated.
  if (page.url !== address) await page.navigate(address).catch(() => clients.openWindow(address));
}
