import { useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { createClient } from "../../core/client.ts";
import { useSnapshot } from "../../react/use-snapshot.ts";
import type { FrameSettings, WidgetContact } from "../protocol.ts";
import { applyLook } from "./appearance.ts";
import { connectHost, type Host } from "./host.ts";
import { List } from "./list.tsx";
import { textsFor } from "./texts.ts";
import { WidgetContext } from "./widget-context.ts";
import { ChatWindow } from "./window.tsx";

const host = connectHost();
const root = document.getElementById("root");
if (root) createRoot(root).render(<Widget host={host} />);

function Widget({ host }: { host: Host }) {
  const isReady = useSnapshot(host.ready);
  const settings = useSnapshot(host.settings);
  useEffect(() => applyLook(settings), [settings]);
  return isReady ? <Connected host={host} settings={settings} /> : null;
}

function Connected({ host, settings }: { host: Host; settings: FrameSettings }) {
  const client = useMemo(
    () => createClient({ url: location.origin, getToken: host.getToken, attention: host.attention }),
    [host],
  );
  const { t, language } = textsFor(settings.language);
  const [openId, setOpenId] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  const { status, unreadTotal: unread } = useSnapshot(client.conversations);

  // Not before it is known: the host has a count already, and 0 would make it blink.
  useEffect(() => {
    if (status === "ready") host.unread(unread);
  }, [host, status, unread]);
  useEffect(() => client.open(openId), [client, openId]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  useEffect(() => {
    const onKey = ({ key }: KeyboardEvent) => key === "Escape" && host.close();
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [host]);

  async function contact(whom: WidgetContact | undefined) {
    setFailed(false);
    const { recipientId, subject } = whom ?? {};
    const kind = recipientId === undefined ? "support" : "direct";
    try {
      const { id } = await client.startConversation({
        kind,
        ...(recipientId === undefined ? {} : { recipientId }),
        ...(subject === undefined ? {} : { subject }),
      });
      setOpenId(id);
    } catch {
      setFailed(true);
    }
  }
  useEffect(() => host.onContact((whom) => void contact(whom)));

  return (
    <WidgetContext value={{ client, t, language }}>
      {openId === null ? (
        <List
          failed={failed}
          onOpen={setOpenId}
          onStart={() => void contact(settings.contact)}
          onClose={host.close}
        />
      ) : (
        <ChatWindow
          key={openId}
          conversationId={openId}
          onBack={() => setOpenId(null)}
          onClose={host.close}
        />
      )}
    </WidgetContext>
  );
}
