import { createServer } from "node:http";
import { closeServer, listen } from "@parloir/platform/private-server.ts";

/** Somebody's web site, on an origin of its own, that includes the widget. */
export interface HostSite {
  url: string;
  stop: () => Promise<void>;
}

const serverKey = "dev-server-key";

/** Rules of a site that spare nothing: a widget that is not isolated would be unrecognisable. */
const hostileStyle =
  "* { all: unset !important; color: rgb(255, 0, 0) !important; font-size: 40px !important }";

/** @param port 0: the OS chooses, and the site is not among the cluster's allowed origins */
export async function startHostSite(port: number, clusterUrl: () => string): Promise<HostSite> {
  async function mint(userId: string): Promise<string> {
    const answer = await fetch(`${clusterUrl()}/api/tokens`, {
      method: "POST",
      headers: { authorization: `Bearer ${serverKey}`, "content-type": "application/json" },
      body: JSON.stringify({ userId }),
    });
    return ((await answer.json()) as { data: { token: string } }).data.token;
  }

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://host");
    if (pathname === "/signed-out") {
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: "nobody is signed in" }));
      return;
    }
    if (pathname === "/chat-token") {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ token: await mint(searchParams.get("as") ?? "demo-zoe") }));
      return;
    }
    const attributes = searchParams.get("attributes") ?? "";
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(page(`<script src="${clusterUrl()}/widget.js" async ${attributes}></script>`));
  });
  const used = await listen(server, port, "localhost");
  return { url: `http://localhost:${used}`, stop: () => closeServer(server) };
}

function page(script: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1, minimum-scale=1"><title>Shop</title><style>${hostileStyle}</style>
<script>
  window.counts = [];
  window.Parloir = function () { (Parloir.q = Parloir.q || []).push(arguments) };
  Parloir("onUnreadCountChange", function (count) { window.counts.push(count) });
</script></head><body><main id="shop">The shop goes on.</main>${script}</body></html>`;
}
