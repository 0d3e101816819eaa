// Accessibility: axe finds no violations, and every view fits on a phone.

import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { found } from "./axe";
import { Model } from "./model";
import { expect, open, SAMPLE, Service, test } from "./service";

let model: Model;
let service: Service;
let id: string;

test.beforeAll(async ({}, info) => {
  info.setTimeout(300_000);
  model = await Model.start();
  service = await Service.start(model.settings);
  id = await service.submit(new Blob([readFileSync(SAMPLE)]), "interview.flac", { title: "Ada", kind: "job_interview" });
  await service.settled(id);
  await fetch(`${service.url}/v1/interviews/${id}/notes`, {
    method: "POST",
    body: JSON.stringify({ text: "ask about the list", at_ms: 40_000 }),
  });
  const silent = await service.submit(new Blob(["not a sound"]), "notes.txt", { title: "Notes" });
  await service.settled(silent);
});
test.afterAll(async () => {
  await service.stop();
  model.stop();
});
// The one service of this file is not the one of each test; and axe tries a style.
test.use({ expected: /^asked: |Applying inline style/ });

for (const scheme of ["light", "dark"] as const) {
  for (const [device, viewport] of [
    ["desktop", { width: 1280, height: 860 }],
    ["phone", { width: 390, height: 780 }],
  ] as const) {
    test.describe(`${scheme}, ${device}`, () => {
      test.use({ colorScheme: scheme, viewport });

      /** Nothing sticks out to the side. */
      async function fits(page: Page) {
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
        expect(await found(page)).toEqual([]);
      }

      test("every view is accessible", async ({ page, service: empty }) => {
        await open(page, empty);
        await expect(page.getByRole("heading", { name: "No interviews yet" })).toBeVisible();
        await fits(page);
        await page.getByLabel("Recordings", { exact: true }).setInputFiles([SAMPLE]);
        await page.getByText("More settings").click();
        await expect(page.getByLabel("Number of speakers")).toBeVisible();
        await fits(page);
        await page.getByRole("button", { name: "Cancel" }).click();
        await page.getByRole("link", { name: "See an example analysis" }).click();
        await expect(page.getByRole("img", { name: "4 of 5, Strong" }).first()).toBeVisible();
        await fits(page);
        await open(page, service);
        await expect(page.getByRole("link", { name: "Ada" })).toBeVisible();
        await fits(page);
        await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
        await fits(page);
        await page.getByRole("button", { name: "Close" }).click();
        await page.getByRole("link", { name: "Notes" }).click();
        await expect(page.getByRole("alert").first()).toBeVisible();
        await fits(page);
        await open(page, service, `/app/interviews/${id}`);
        await expect(page.getByRole("img", { name: "5 of 5, Outstanding" })).toBeVisible();
        await expect(page.getByRole("slider")).toBeVisible();
        await fits(page);
        if (device === "phone") {
          await page.getByRole("tab", { name: "Transcript" }).click();
          await expect(page.locator(".words").first()).toBeVisible();
          await fits(page);
        }
        for (const part of ["Summary", "Stats", "Notes 1", "Scorecard"]) {
          await page.getByRole("tab", { name: part }).click();
          await expect(page.getByRole("tabpanel", { name: part })).toBeVisible();
          await fits(page);
        }
      });
    });
  }
}

test("everything is reached by the keyboard", async ({ page }) => {
  await open(page, service, `/app/interviews/${id}`);
  await expect(page.locator(".words").first()).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "All interviews" })).toBeFocused();
  await page.reload();
  await expect(page.locator(".words").first()).toBeVisible();
  const reached = new Set<string>();
  for (let times = 0; times < 120; times += 1) {
    await page.keyboard.press("Tab");
    const name = await page.evaluate(() => {
      const { activeElement: element } = document;
      return element?.getAttribute("aria-label") ?? (element as HTMLInputElement | null)?.labels?.[0]?.querySelector("span")?.textContent ?? element?.textContent;
    });
    reached.add(name?.trim() ?? "");
  }
  const wanted = ["Play", "Position in the recording", "Search in the transcript", "Text of the transcript", "Rename Speaker 1", "Scorecard", "Change the title", "Download", "Speed"];
  expect(wanted.filter((name) => !reached.has(name))).toEqual([]);
});

test("the focus goes where one goes", async ({ page }) => {
  const note = { method: "POST", body: JSON.stringify({ text: "for a moment", at_ms: 50_000 }) };
  expect((await fetch(`${service.url}/v1/interviews/${id}/notes`, note)).status).toBe(201);
  await open(page, service);
  await page.getByRole("link", { name: "Ada" }).press("Enter");
  await expect(page.getByRole("heading", { name: "Ada", level: 1 })).toBeFocused();
  // The search is there with the text.
  await expect(page.locator(".words").first()).toBeVisible();
  // The transcript is beside whatever else is looked at.
  await page.getByRole("tab", { name: /^Notes/ }).click();
  await page.keyboard.press("/");
  await expect(page.getByLabel("Search in the transcript")).toBeFocused();
  await expect(page.getByRole("list", { name: "Notes" })).toBeVisible();
  await page.getByText("Download", { exact: true }).press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  await expect(page.locator("summary")).toBeFocused();
  await page.getByRole("button", { name: "Delete for a moment" }).press("Enter");
  await expect(page.getByRole("button", { name: "Delete ask about the list" })).toBeFocused();
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Interviews", level: 1 })).toBeFocused();
});
