import { createContext, useContext } from "react";
import type { Client } from "../../core/client.ts";
import type { SystemLanguage } from "../../core/system-text.ts";
import type { Formats } from "../../react/texts/formats.ts";
import type { Host } from "./host.ts";
import type { WidgetTexts } from "./texts.ts";

interface Widget {
  client: Client;
  host: Host;
  t: WidgetTexts;
  language: SystemLanguage;
  formats: Formats;
}

export const WidgetContext = createContext<Widget | null>(null);

export function useWidget(): Widget {
  const widget = useContext(WidgetContext);
  if (!widget) throw new Error("useWidget outside WidgetContext");
  return widget;
}
