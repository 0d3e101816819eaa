// axe, in a page of the console.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import type { AxeResults, RunOptions } from "axe-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds by the Web Content Accessibility Guidelines, A and AA. */
export async function found(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the content security policy does not bind.
  await page.evaluate(AXE);
  const options: RunOptions = {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    // What is in order is not described.
    resultTypes: ["violations"],
  };
  const { violations } = await page.evaluate(async (options) => {
    const { axe } = window as unknown as { axe: { run(of: Document, with_: RunOptions): Promise<AxeResults> } };
    // What the player at the bottom covers can be scrolled from under it.
    const dock = document.querySelector<HTMLElement>(".dock");
    dock?.style.setProperty("position", "static");
    try {
      return await axe.run(document, options);
    } finally {
      dock?.style.removeProperty("position");
    }
  }, options);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}
