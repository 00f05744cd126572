import { createContext, useContext } from "react";

export interface ChatSettings {
  /**
   * Where the emoji picker finds its words, as `{emojiDataUrl}/en/data.json`: a copy of the npm package
   * `emojibase-data`. By default a public content network, which a strict content security policy refuses.
   */
  emojiDataUrl?: string | undefined;
}

export const SettingsContext = createContext<ChatSettings>({});
export const useSettings = () => useContext(SettingsContext);
