import { act, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { createClient } from "../../core/client.ts";
import { createCell } from "../../core/observable.ts";
import { createScriptedCluster } from "../../core/scripted-cluster.ts";
import { ChatProvider } from "../provider.tsx";

/** For tests: a page with a connection to the scripted cluster. */
export async function mount(children: ReactNode, options: { history?: number } = {}) {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const cluster = createScriptedCluster();
  for (let n = 1; n <= (options.history ?? 0); n++) cluster.write("bob", `old ${n}`);
  const link = cluster.link();
  const attention = createCell({ visible: true, focused: true });
  const client = createClient({
    url: "http://cluster.test",
    userId: "ana",
    getToken: async () => "token",
    fetch: cluster.fetch,
    createLink: () => link,
    attention: { ...attention, close: () => undefined },
  });
  const container = document.createElement("div");
  document.body.append(container);
  const root = createRoot(container);
  await act(async () => root.render(<ChatProvider client={client}>{children}</ChatProvider>));
  await act(async () => link.up());
  return {
    cluster,
    link,
    client,
    container,
    text: () => container.textContent,
    async end() {
      await act(async () => root.unmount());
      client.close();
      container.remove();
    },
  };
}

/** Renders what a hook returns last into `seen.now`. */
export function probe<Result>(use: () => Result) {
  const seen = {} as { now: Result };
  function Probe() {
    seen.now = use();
    return null;
  }
  return { seen, element: <Probe /> };
}
