import type { Page, WebSocket } from "playwright-core";
import { eventually } from "../setup/waiting.ts";

export const waitMs = 30_000;
const saidMs = 15_000;

/** One person before one page, and what goes wrong in it. */
export class Visitor {
  readonly page: Page;
  readonly problems: string[] = [];
  private readonly url: string;
  private node: string | null = null;
  /** Its connections to gateways that are open. */
  readonly sockets = new Set<WebSocket>();

  constructor(page: Page, url: string) {
    this.page = page;
    this.url = url;
    page.setDefaultTimeout(waitMs);
    page.on("pageerror", (error) => this.problems.push(error.message));
    page.on("websocket", (socket) => {
      if (!socket.url().includes("/socket.io/")) return;
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("framereceived", ({ payload }) => {
        this.node = /^42\["ready".*"nodeId":"([^"]+)"/.exec(String(payload))?.[1] ?? this.node;
      });
    });
  }

  async signIn(account: string): Promise<void> {
    await this.page.goto(`${this.url}/sign-in`);
    await this.page.locator(`[data-demo-account="${account}"]`).click();
    await this.connected();
  }

  async connected(): Promise<void> {
    await this.page.locator('[data-testid="connection"][data-status="online"]').waitFor();
  }

  /** The gateway that said `ready` to this page, over a WebSocket: one that fell back to polling comes again. */
  async online(): Promise<string> {
    for (let tries = 0; tries < 3; tries++) {
      await this.connected();
      const said = () => this.node;
      const isSaid = await eventually(
        "a gateway that says ready",
        said,
        (node) => node !== null,
        saidMs,
      ).then(
        () => true,
        () => false,
      );
      if (isSaid) return this.node!;
      await this.page.reload();
    }
    throw new Error("no gateway says ready over a WebSocket");
  }

  async reload(): Promise<string> {
    this.node = null;
    await this.page.reload();
    return this.online();
  }

  /** Begins or finds the conversation with this demo person and has it open. */
  async writeTo(account: string): Promise<void> {
    await this.page.locator('[data-testid="new-conversation"]').click();
    await this.page.locator(`[data-person="${account}"]`).click();
    await this.page.locator('[data-testid="begin-conversation"]').click();
    await this.composer.waitFor();
  }

  get composer() {
    return this.page.locator('[data-testid="composer"]');
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  bubble(text: string) {
    return this.page.locator('[data-testid="bubble"]', { hasText: text });
  }

  bubbles(): Promise<string[]> {
    return this.page.locator('[data-testid="bubble"]').allTextContents();
  }
}

/** At the end of a test: everybody leaves, and nobody may have met a problem. */
export async function seeOff(visitors: Visitor[]): Promise<void> {
  const problems = visitors.flatMap((each) => each.problems);
  for (const each of visitors.splice(0)) await each.page.context().close();
  if (problems.length > 0) throw new Error(`problems in the pages: ${problems.join("; ")}`);
}
