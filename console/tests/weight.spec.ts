// How heavy the page is, how soon there is something to see, and what it may load.

import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, open, test } from "./service";

const ASSETS = resolve(import.meta.dirname, "../dist/assets");

/** The most that a script may weigh, in bytes by brotli, by the beginning of its name; the
 * interview has the waveform and the list of words, Firebase its own client. */
const BUDGETS: [string, number][] = [
  ["index-", 30_000],
  ["InterviewPage-", 50_000],
  ["firebase-", 30_000],
  ["", 15_000],
];

test("every script is within its budget, compressed", () => {
  const scripts = readdirSync(ASSETS).filter((name) => name.endsWith(".js.br"));
  expect(scripts.length).toBeGreaterThan(4);
  for (const name of scripts) {
    const bytes = statSync(join(ASSETS, name)).size;
    const [, budget] = BUDGETS.find(([beginning]) => name.startsWith(beginning))!;
    console.log(`${name}: ${bytes} of ${budget} bytes`);
    expect(bytes, name).toBeLessThan(budget);
  }
});

test("there is something to see within a second", async ({ page, service }) => {
  const firstContent = () =>
    page.evaluate(
      () =>
        new Promise<number>((found) => {
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) {
              if (entry.name === "first-contentful-paint") found(entry.startTime);
            }
          }).observe({ type: "paint", buffered: true });
        }),
    );
  // What else the machine does is not the page's; nothing of it stays in the cache.
  let first = Infinity;
  for (let time = 0; time < 5 && first >= 1_000; time += 1) {
    const cache = await page.context().newCDPSession(page);
    await cache.send("Network.clearBrowserCache");
    await open(page, service);
    first = Math.min(first, await firstContent());
  }
  console.log(`first content after ${Math.round(first)} ms`);
  expect(first).toBeLessThan(1_000);
});

test("the page may load nothing from elsewhere, and runs nothing that is written into it", async ({ service }) => {
  const page = await fetch(`${service.url}/app`);
  const policy = page.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  const html = await page.text();
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\bstyle=/);
  const [, script] = html.match(/src="([^"]+\.js)"/) ?? [];
  for (const encoding of ["br", "gzip", "identity"]) {
    const asset = await fetch(service.url + script, { headers: { "accept-encoding": encoding } });
    expect(asset.headers.get("content-encoding")).toBe(encoding === "identity" ? null : encoding);
    expect(asset.headers.get("cache-control")).toContain("immutable");
    expect(await asset.text()).toContain("InterviewLens");
  }
});
