import { type AttentionSource, pageAttention } from "../../core/attention.ts";
import { createCell, type Observable } from "../../core/observable.ts";
import type { GetToken } from "../../core/token.ts";
import type { FrameSettings, ToFrame, ToHost, WidgetContact } from "../protocol.ts";

/** The host page, as the frame knows it: it gives tokens and settings, and says whether the frame is on screen. */
export interface Host {
  readonly settings: Observable<FrameSettings>;
  /** Null until the host has booted the widget. */
  readonly ready: Observable<boolean>;
  getToken: GetToken;
  attention: AttentionSource;
  onContact: (listener: (contact: WidgetContact) => void) => void;
  unread: (total: number) => void;
  close: () => void;
}

const tokenWithinMs = 15_000;

export function connectHost(): Host {
  const settings = createCell<FrameSettings>({ colour: null });
  const ready = createCell(false);
  const shown = createCell(false);
  const page = pageAttention();
  const asked = new Map<number, (token: string | null) => void>();
  let contacted: ((contact: WidgetContact) => void) | undefined;
  /** Came before anybody listened. */
  let early: WidgetContact | undefined;
  let token: string | null = null;
  let nextId = 0;
  /** Whoever booted the frame; nobody else is listened to from then on. */
  let origin: string | null = null;

  addEventListener("message", (event: MessageEvent<ToFrame>) => {
    if (event.source !== parent || (origin !== null && event.origin !== origin)) return;
    const { data } = event;
    switch (data?.parloir) {
      case "boot":
        origin = event.origin;
        token = data.token;
        settings.set(data.settings);
        ready.set(true);
        break;
      case "update":
        settings.set(data.settings);
        break;
      case "token":
        asked.get(data.id)?.(data.token);
        break;
      case "visible":
        shown.set(data.visible);
        break;
      case "contact":
        if (contacted) contacted(data.contact);
        else early = data.contact;
        break;
    }
  });
  const post = (message: ToHost) => parent.postMessage(message, origin ?? "*");
  post({ parloir: "hello" });

  const attention = createCell(page.getSnapshot());
  const look = () => {
    const { visible, focused } = page.getSnapshot();
    const isShown = shown.getSnapshot();
    attention.set({ visible: visible && isShown, focused: focused && isShown });
  };
  look();
  page.subscribe(look);
  shown.subscribe(look);

  return {
    settings,
    ready,
    async getToken({ renew }) {
      if (!renew && token !== null) return token;
      const id = nextId++;
      const answer = await new Promise<string | null>((resolve) => {
        asked.set(id, resolve);
        setTimeout(resolve, tokenWithinMs, null);
        post({ parloir: "renew", id });
      });
      asked.delete(id);
      if (answer === null) throw new Error("the host page gave no token");
      token = answer;
      return answer;
    },
    attention: { ...attention, close: page.close },
    onContact(listener) {
      contacted = listener;
      if (early) listener(early);
      early = undefined;
    },
    unread: (total) => post({ parloir: "unread", total }),
    close: () => post({ parloir: "close" }),
  };
}
