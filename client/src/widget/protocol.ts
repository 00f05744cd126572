/** What the host page's script and the frame tell each other by `postMessage`. Only data: no code crosses. */

export interface WidgetSettings {
  language?: string | undefined;
  theme?: "light" | "dark" | "auto" | undefined;
  /** A CSS colour in hexadecimal, for the button and own bubbles. */
  colour?: string | undefined;
  /** Whom a new conversation is with; without it, with the team. */
  contact?: WidgetContact | undefined;
}

export interface WidgetContact {
  recipientId?: string;
  subject?: { type: string; id: string; title: string };
}

/** As the frame has them. */
export interface FrameSettings extends Omit<WidgetSettings, "colour"> {
  /** Checked; null: our own. `on`: black or white, whichever can be read on it. */
  colour: { fill: string; on: string } | null;
}

export type ToFrame =
  // Without a token the frame says so; it asks again when it is shown again.
  | { parloir: "boot"; token: string | null; settings: FrameSettings }
  | { parloir: "update"; settings: FrameSettings }
  | { parloir: "token"; id: number; token: string | null }
  | { parloir: "visible"; visible: boolean }
  | { parloir: "contact"; contact: WidgetContact };

export type ToHost =
  | { parloir: "hello" }
  | { parloir: "renew"; id: number }
  | { parloir: "unread"; total: number }
  | { parloir: "close" };
