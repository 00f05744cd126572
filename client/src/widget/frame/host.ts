import { type AttentionSource, pageAttention } from "../../core/attention.ts";
import { createCell, type Observable } from "../../core/observable.ts";
import { type GetToken, subjectOf } from "../../core/token.ts";
import type { FrameSettings, ToFrame, ToHost, WidgetContact } from "../protocol.ts";

/** The host page, as the frame knows it: it gives tokens and settings, and says whether the frame is on screen. */
export interface Host {
  readonly settings: Observable<FrameSettings>;
  /** False until the host has booted the widget with a token. */
  readonly ready: Observable<boolean>;
  /** The last time it was asked for a token it had none. */
  readonly refused: Observable<boolean>;
  /** Asks the host once more to boot the widget. */
  ask: () => void;
  getToken: GetToken;
  /** Whom the token that it gave last speaks for, when that can be read. */
  userId: () => string | null;
  attention: AttentionSource;
  onContact: (listener: (contact: WidgetContact) => void) => void;
  unread: (total: number) => void;
  close: () => void;
}

const tokenWithinMs = 15_000;

export function connectHost(): Host {
  const settings = createCell<FrameSettings>({ colour: null });
  const ready = createCell(false);
  const refused = createCell(false);
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
        settings.set(data.settings);
        refused.set(data.token === null);
        if (data.token === null) break;
        token = data.token;
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
        if (data.visible && refused.getSnapshot() && !ready.getSnapshot()) ask();
        break;
      case "contact":
        if (contacted) contacted(data.contact);
        else early = data.contact;
        break;
    }
  });
  const post = (message: ToHost) => parent.postMessage(message, origin ?? "*");
  function ask(): void {
    refused.set(false);
    post({ parloir: "hello" });
    setTimeout(() => ready.getSnapshot() || refused.set(true), tokenWithinMs);
  }
  ask();

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
    refused,
    ask,
    async getToken({ renew }) {
      if (!renew && token !== null) return token;
      const id = nextId++;
      const answer = await new Promise<string | null>((resolve) => {
        asked.set(id, resolve);
        setTimeout(resolve, tokenWithinMs, null);
        post({ parloir: "renew", id });
      });
      asked.delete(id);
      refused.set(answer === null);
      if (answer === null) throw new Error("the host page gave no token");
      token = answer;
      return answer;
    },
    userId: () => token && subjectOf(token),
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
