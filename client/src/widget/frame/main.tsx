import { useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { createClient } from "../../core/client.ts";
import { regional } from "../../react/language.tsx";
import { createFormats } from "../../react/texts/formats.ts";
import { useSnapshot } from "../../react/use-snapshot.ts";
import type { FrameSettings, WidgetContact } from "../protocol.ts";
import { applyLook } from "./appearance.ts";
import { Title } from "./head.tsx";
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
  const { language } = textsFor(settings.language);
  useEffect(() => applyLook(settings), [settings]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  useEffect(() => {
    // While an input method composes, Escape ends that; Safari says so only by the key code 229.
    const onKey = ({ key, isComposing, keyCode }: KeyboardEvent) =>
      key === "Escape" && !isComposing && keyCode !== 229 && host.close();
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [host]);
  return isReady ? (
    <Connected host={host} settings={settings} />
  ) : (
    <Waiting host={host} settings={settings} />
  );
}

/** Until the host has said who this is. It can be closed at any time: on a phone it covers the whole page. */
function Waiting({ host, settings }: WidgetProps) {
  const { t } = textsFor(settings.language);
  const isRefused = useSnapshot(host.refused);
  return (
    <div className="pane">
      <Title t={t} title={t.title} onClose={host.close} />
      {isRefused ? (
        <p className="empty" role="alert">
          {t.noToken}
          <button type="button" className="link" onClick={host.ask}>
            {t.again}
          </button>
        </p>
      ) : (
        <p className="empty">{t.loading}</p>
      )}
    </div>
  );
}

interface WidgetProps {
  host: Host;
  settings: FrameSettings;
}

function Connected({ host, settings }: WidgetProps) {
  const client = useMemo(() => {
    const { getToken, attention } = host;
    const userId = host.userId();
    return createClient({
      url: location.origin,
      getToken,
      attention,
      // Before the connection says so: until then nobody would be told from the others.
      ...(userId === null ? {} : { userId }),
      shareTabs: false,
    });
  }, [host]);
  const { t, language } = textsFor(settings.language);
  const locale = regional(language, settings.language === undefined ? undefined : [settings.language]);
  const formats = useMemo(() => createFormats(locale), [locale]);
  const [openId, setOpenId] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  const { status, unreadTotal: unread } = useSnapshot(client.conversations);

  // Not before it is known: the host has a count already, and 0 would make it blink.
  useEffect(() => {
    if (status === "ready") host.unread(unread);
  }, [host, status, unread]);
  useEffect(() => client.open(openId), [client, openId]);

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
    <WidgetContext value={{ client, host, t, language, formats }}>
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
