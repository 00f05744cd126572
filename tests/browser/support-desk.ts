import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import type { Stage } from "./stage.ts";
import type { Visitor } from "./visitor.ts";

/** Customers and agents before a real cluster: what the tests of the team's pages share. */
export interface SupportDesk {
  api<Data>(as: string, method: string, route: string, body?: object): Promise<Data>;
  write(as: string, conversationId: string, content: string): Promise<unknown>;
  /** A customer's conversation with one message. */
  ticket(customer: string, title: string, content: string): Promise<string>;
  openConsole(account: string): Promise<Visitor>;
}

export function createSupportDesk(stage: Stage): SupportDesk {
  async function api<Data>(as: string, method: string, route: string, body?: object): Promise<Data> {
    const headers = { "content-type": "application/json" };
    const session = await fetch(`${stage.url}/api/demo/sessions`, {
      method: "POST",
      headers,
      body: JSON.stringify({ userId: as }),
    });
    const { token } = ((await session.json()) as { data: { token: string } }).data;
    const answer = await fetch(`${stage.url}${route}`, {
      method,
      headers: { ...headers, authorization: `Bearer ${token}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return ((await answer.json()) as { data: Data }).data;
  }

  const write = (as: string, conversationId: string, content: string) =>
    api(as, "POST", "/api/messages", { conversationId, clientMessageId: crypto.randomUUID(), content });

  return {
    api,
    write,
    async ticket(customer, title, content) {
      const subject = { type: "order", id: title, title };
      const { id } = await api<{ id: string }>(customer, "POST", "/api/messages/conversations", {
        kind: "support",
        subject,
      });
      await write(customer, id, content);
      return id;
    },
    async openConsole(account) {
      const visitor = await stage.visitor();
      await visitor.page.goto(`${stage.url}/admin/messages?status=any`);
      await visitor.page.locator(`[data-demo-account="${account}"]`).click();
      await visitor.connected();
      // Signing in has kept what the address says.
      expect(new URL(visitor.page.url()).searchParams.get("status")).toBe("any");
      await visitor.page.locator('[data-testid="status"]').selectOption("open");
      return visitor;
    },
  };
}

export const row = (page: Page, id: string): Locator =>
  page.locator(`[data-testid="console-row"][data-conversation-id="${id}"]`);
export const notice = (page: Page, text: string): Locator =>
  page.locator('[data-testid="notices"] p', { hasText: text }).last();

/** How many pixels the page is wider than its window. */
export const beyond = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
