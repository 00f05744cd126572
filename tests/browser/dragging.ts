import type { Page } from "playwright-core";

/** Text files that somebody holds over the page, or has copied: with `drop` and `paste` they are let go here. */
export const filesIn = (page: Page, ...names: string[]) =>
  page.evaluateHandle((all) => {
    const transfer = new DataTransfer();
    for (const name of all) transfer.items.add(new File([name], name, { type: "text/plain" }));
    return transfer;
  }, names);

/** Hands an event of dragging to what is there; answers whether the page took it, and the browser so does nothing. */
export async function drag(page: Page, type: string, selector: string, ...names: string[]): Promise<boolean> {
  const dataTransfer = await filesIn(page, ...names);
  return page
    .locator(selector)
    .first()
    .evaluate(
      (element, [name, transfer]) => {
        const event = new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer: transfer });
        return !element.dispatchEvent(event);
      },
      [type, dataTransfer] as const,
    );
}
