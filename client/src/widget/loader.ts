import { isColour, readableOn } from "./colours.ts";
import type { FrameSettings, ToFrame, ToHost, WidgetContact, WidgetSettings } from "./protocol.ts";

/**
 * What a host page includes: `<script src="https://chat.example.org/widget.js" async data-token-url="/chat-token">`.
 * At most 3 KB: a button with a badge. The conversations come in a frame of the cluster's own origin with the first
 * click, so nothing of the host page reaches in and nothing of ours leaks out. Whatever is wrong with the
 * configuration, the host page goes on, and the console says why.
 */

interface Options extends WidgetSettings {
  /** Asks the host's back end for the signed-in person's token. `renew`: the former one is used up. */
  getToken?: (options: { renew: boolean }) => Promise<string>;
  /** Instead: an address of the host that answers `{token}` or `{data: {token}}`, with the host's cookies. */
  tokenUrl?: string | undefined;
  position?: "left" | "right" | undefined;
  width?: number | undefined;
  height?: number | undefined;
}

type Call = [command: string, ...args: unknown[]];
type Listener = (value: unknown) => void;
type Parloir = { (...call: Call): void; q?: Call[] };

const script = document.currentScript as HTMLScriptElement | null;
const pollMs = 60_000;
const noToken = "no token: nobody is signed in? Call boot once somebody is";
/** Where the button is. The frame is behind it until it can be closed by itself. */
const front = "2147483000";

function start(origin: string): (...call: Call) => void {
  const listeners: Record<string, Listener[]> = {};
  let options: Options = {};
  let ui: ReturnType<typeof draw> | undefined;
  let frame: HTMLIFrameElement | undefined;
  let visible = false;
  /** Visible as soon as there is a button. */
  let wish = false;
  let unread = -1;
  /** What the badge is read with. The frame asks for its own: the person may have signed out meanwhile. */
  let held: string | undefined;
  /** Looks that began: only what the last one finds holds. */
  let looks = 0;
  let looking = false;
  /** The frame has been given a token; before that it hears nothing. */
  let booted = false;
  /** With whom a conversation is to be opened, until the frame can. */
  let wanted: WidgetContact | undefined;

  const tell = (name: string, value?: unknown) => {
    for (const listener of listeners[name] ?? []) listener(value);
  };
  const post = (message: ToFrame) => frame?.contentWindow?.postMessage(message, origin);
  const settings = (): FrameSettings => {
    const { language, theme, colour, contact } = options;
    return {
      language,
      theme,
      colour: isColour(colour) ? { fill: colour, on: readableOn(colour) } : null,
      contact,
    };
  };

  /** @throws whatever the host says instead: many a host answers `{token: null}` for somebody who is signed out */
  async function token(renew: boolean): Promise<string> {
    let found: unknown;
    if (options.getToken) found = await options.getToken({ renew });
    else {
      const answer = await fetch(options.tokenUrl ?? "", { credentials: "same-origin" });
      const body = await answer.json();
      found = body.token ?? body.data?.token;
    }
    if (!found || typeof found !== "string") throw found;
    return found;
  }

  function setUnread(total: number): void {
    if (total === unread) return;
    unread = total;
    ui?.badge(total);
    tell("onUnreadCountChange", total);
  }

  /** The button comes with the first token. Before the frame is there, the badge comes by REST. */
  async function look(renew = false): Promise<void> {
    if (!options.getToken && !options.tokenUrl)
      return warn("not configured: call boot with getToken, or give data-token-url");
    const mine = ++looks;
    let problem = noToken;
    looking = true;
    try {
      const bearer = (!renew && held) || (await token(renew));
      if (mine !== looks) return;
      held = bearer;
      if (!ui) {
        ui = draw(() => show(!visible));
        ui.style(options);
        show(wish);
      }
      if (frame) return;
      problem = `no unread count. Is ${location.origin} among the cluster's ALLOWED_ORIGINS?`;
      const headers = { authorization: `Bearer ${bearer}` };
      const answer = await fetch(`${origin}/api/messages/unread`, { headers });
      problem = "no unread count";
      const { data } = await answer.json();
      if (mine !== looks || frame) return;
      // A host's cache may give one that is used up: once more, with a new one.
      if (answer.status === 401 && !renew) return look(true);
      if (!answer.ok) throw answer.status;
      setUnread(data.total);
    } catch (error) {
      if (mine === looks) warn(problem, error);
    } finally {
      if (mine === looks) looking = false;
    }
  }
  setInterval(() => ui && !frame && document.visibilityState === "visible" && look(), pollMs);

  function show(shown: boolean): void {
    wish = shown;
    // There was no token; perhaps there is one now.
    if (!ui && shown && !looking) void look();
    if (!ui || shown === visible) return;
    visible = shown;
    frame ??= ui.frame(`${origin}/widget/`);
    ui.show(shown);
    post({ parloir: "visible", visible });
    tell(shown ? "onShow" : "onHide");
  }

  function openWanted(): void {
    if (!booted || !wanted) return;
    post({ parloir: "contact", contact: wanted });
    wanted = undefined;
  }

  addEventListener("message", ({ source, origin: from, data }: MessageEvent<ToHost>) => {
    if (!frame || source !== frame.contentWindow || from !== origin) return;
    const asking = frame;
    /** What belongs to one person: it may have been shut down meanwhile, and begun anew for somebody else. */
    const answer = (message: ToFrame) => frame === asking && post(message);
    if (data.parloir === "hello") {
      // It has a close button of its own from now on, and on a phone it covers ours.
      frame.style.zIndex = front;
      token(false).then(
        (first) => {
          answer({ parloir: "boot", token: first, settings: settings() });
          answer({ parloir: "visible", visible });
          booted ||= frame === asking;
          openWanted();
        },
        (error: unknown) => {
          answer({ parloir: "boot", token: null, settings: settings() });
          warn(noToken, error);
        },
      );
    }
    if (data.parloir === "renew") {
      const { id } = data;
      token(true).then(
        (next) => answer({ parloir: "token", id, token: next }),
        () => answer({ parloir: "token", id, token: null }),
      );
    }
    if (data.parloir === "unread") setUnread(data.total);
    if (data.parloir === "close") show(false);
  });

  const commands: Record<string, (...args: never[]) => void> = {
    boot(given: Options = {}) {
      options = { ...fromScript(), ...given };
      held = undefined;
      ui?.style(options);
      // A frame that got no token asks again.
      post({ parloir: "visible", visible });
      void look();
    },
    update(given: Options) {
      options = { ...options, ...given };
      ui?.style(options);
      post({ parloir: "update", settings: settings() });
    },
    show: () => show(true),
    hide: () => show(false),
    contact(contact: WidgetContact) {
      options.contact = wanted = contact;
      show(true);
      openWanted();
    },
    shutdown() {
      show(false);
      ui?.remove();
      options = {};
      ui = frame = wanted = held = undefined;
      booted = looking = false;
      unread = -1;
      looks++;
    },
  };

  return (name, ...args) => {
    if (/^on[A-Z]/.test(name) && typeof args[0] === "function") {
      listeners[name] = [...(listeners[name] ?? []), args[0] as Listener];
      if (name === "onUnreadCountChange" && unread >= 0) (args[0] as Listener)(unread);
      return;
    }
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) return warn(`there is no command "${name}"`);
    command(...(args as never[]));
  };
}

/** Its attributes are named as the options are. */
function fromScript(): Options {
  const given = script?.dataset;
  return { ...given, width: pixels(given?.width), height: pixels(given?.height) } as Options;
}

/** Undefined for what is no size: then it has the usual one. */
function pixels(text: string | undefined): number | undefined {
  return Number(text) > 0 ? Number(text) : undefined;
}

const said = new Set<string>();

/** Each thing once: most of them are found anew every minute. */
function warn(text: string, ...error: unknown[]): void {
  if (said.has(text)) return;
  said.add(text);
  console.warn(`Parloir: ${text}`, ...error);
}

const css = `:host{all:initial}
button,iframe{position:fixed;left:var(--l);right:var(--r);z-index:${front}}
button{bottom:max(20px,env(safe-area-inset-bottom));width:56px;height:56px;border:0;
border-radius:50%;background:var(--c);color:var(--o);cursor:pointer;box-shadow:0 4px 16px #0f172a40}
button:focus-visible{outline:3px solid #3b82f6;outline-offset:3px}
b{position:absolute;top:-2px;right:-2px;min-width:20px;padding:0 5px;box-sizing:border-box;border-radius:10px;
background:#dc2626;color:#fff;font:600 12px/20px system-ui,sans-serif}
iframe{bottom:88px;z-index:2147482999;width:min(var(--w),100vw - 40px);height:min(var(--h),100vh - 108px);box-sizing:border-box;border:1px solid #e2e8f0;
border-radius:10px;background:var(--g);box-shadow:0 8px 32px #0f172a40;color-scheme:normal}
[hidden]{display:none}
@media (max-width:480px){iframe{inset:0;width:100%;height:100%;border:0;border-radius:0}}`;
/** In English as in French. */
const title = "Messages";
const bubble =
  '<svg width="26" height="26" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" aria-hidden="true"><path d="M4 5h16a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-8l-5 4.5v-4.5H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z"/></svg>';
const unreadIn = {
  en: (text: string) => `${text} unread`,
  fr: (text: string) => `${text} ${text === "1" ? "non lu" : "non lus"}`,
};

function draw(toggle: () => void) {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  root.innerHTML = `<style>${css}</style><button aria-expanded="false">${bubble}<b hidden></b></button>`;
  const button = root.querySelector("button") as HTMLButtonElement;
  const count = root.querySelector("b") as HTMLElement;
  let frame: HTMLIFrameElement | undefined;
  let unread = unreadIn.en;
  button.onclick = toggle;
  document.body.append(host);
  const label = () => {
    button.ariaLabel = count.hidden ? title : `${title}, ${unread(count.textContent)}`;
  };
  return {
    style({ colour, position, theme, width = 380, height = 600, language = navigator.language }: Options) {
      const isLeft = position === "left";
      const fill = isColour(colour) ? colour : "#2563eb";
      const isDark =
        theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme:dark)").matches);
      const look = {
        c: fill,
        o: readableOn(fill),
        // Behind the frame while it loads.
        g: isDark ? "#0f172a" : "#fff",
        l: isLeft ? "20px" : "auto",
        r: isLeft ? "auto" : "20px",
        w: `${width}px`,
        h: `${height}px`,
      };
      for (const [name, value] of Object.entries(look)) host.style.setProperty(`--${name}`, value);
      unread = language.toLowerCase().startsWith("fr") ? unreadIn.fr : unreadIn.en;
      label();
    },
    badge(total: number) {
      count.hidden = total === 0;
      count.textContent = total > 99 ? "99+" : String(total);
      label();
    },
    frame(src: string): HTMLIFrameElement {
      frame = document.createElement("iframe");
      frame.title = title;
      frame.src = src;
      frame.allow = "clipboard-write";
      root.append(frame);
      return frame;
    },
    show(shown: boolean) {
      // A host page that hides it keeps the focus that it has.
      const hadFocus = root.activeElement !== null;
      if (frame) frame.hidden = !shown;
      button.ariaExpanded = String(shown);
      if (shown) frame?.focus();
      else if (hadFocus) button.focus();
    },
    remove: () => host.remove(),
  };
}

if (script) {
  const page = window as unknown as { Parloir?: Parloir };
  const queued = page.Parloir?.q ?? [];
  const run = start(new URL(script.src).origin);
  const safely: Parloir = (...call) => {
    try {
      run(...call);
    } catch (error) {
      warn(`"${call[0]}" failed`, error);
    }
  };
  page.Parloir = safely;
  const begin = () => {
    if (script.dataset.tokenUrl || !queued.some(([name]) => name === "boot")) safely("boot");
    for (const call of queued) safely(...call);
  };
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
}
