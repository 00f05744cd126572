import { NotificationBell } from "@parloir/client/react/alerts/notification-bell.tsx";
import { ChatToasts } from "@parloir/client/react/alerts/toasts.tsx";
import { useClient, useReady } from "@parloir/client/react/client-context.tsx";
import { ChatProvider } from "@parloir/client/react/provider.tsx";
import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { useLanguage } from "../languages/language.tsx";
import { go } from "../route.ts";
import { theme } from "../theme.ts";

/** The bell and the toasts, over the page's own connection. */
export default function Alerts({ onOpen }: { onOpen: (conversationId: string) => void }) {
  const client = useClient();
  const isReady = useReady();
  const { language } = useLanguage();
  const shownTheme = useSnapshot(theme);
  if (!isReady) return null;
  return (
    <ChatProvider client={client} language={language}>
      <NotificationBell onOpen={onOpen} />
      <ChatToasts theme={shownTheme} onOpen={onOpen} onFollow={go} />
    </ChatProvider>
  );
}
