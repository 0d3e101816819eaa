// The example for newcomers, by which the views are tried that need a whole analysis.

import type { Page } from "@playwright/test";
import { expect, open, position, test } from "./service";

const EXAMPLE = "/app/interviews/example";
const tab = (page: Page, name: string) => page.getByRole("tab", { name });

test("newcomers see a whole analysis, labelled as an example, and change nothing", async ({ page, service }) => {
  await open(page, service);
  await page.getByRole("link", { name: "See an example analysis" }).click();
  await expect(page.getByText("Invented people, synthetic voices")).toBeVisible();
  await expect(page.getByRole("img", { name: "4 of 5, Strong" })).toHaveCount(2);
  await expect(page.getByText("1 quote was left out")).toBeVisible();
  await page.getByRole("link", { name: /told my manager the truth/ }).click();
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await expect(page.locator("[data-now]")).toBeInViewport();
  await page.getByRole("button", { name: "Pause" }).click();
  for (const name of [/^Rename/, /^Change/, /^Delete/, "Add note"]) {
    await expect(page.getByRole("button", { name })).toHaveCount(0);
  }
  await page.keyboard.press("n");
  await page.keyboard.press("b");
  await tab(page, "Notes 2").click();
  await expect(page.getByRole("list", { name: "Notes" }).getByRole("listitem")).toHaveCount(2);
  await page.getByRole("link", { name: "All interviews" }).click();
  await expect(page.getByRole("heading", { name: "No interviews yet" })).toBeVisible();
  expect((await service.get("/v1/interviews")).items).toEqual([]);
});

test("the tab, the search and the position stand in the address", async ({ page, service }) => {
  await open(page, service, EXAMPLE);
  await expect(page.locator(".card").first()).toBeVisible();
  await tab(page, "Stats").click();
  await page.getByLabel("Search in the transcript").fill("list");
  await expect(page.getByText(/^1 of \d+ matches/)).toBeVisible();
  await page.getByRole("slider").focus();
  await page.keyboard.press("PageUp");
  await expect(page).toHaveURL(/t=60\d\d\d|t=60000/);
  const params = new URL(page.url()).searchParams;
  expect([params.get("pane"), params.get("find")]).toEqual(["stats", "list"]);
  await page.reload();
  await expect(tab(page, "Stats")).toHaveAttribute("aria-selected", "true");
  await expect(page.getByLabel("Search in the transcript")).toHaveValue("list");
  await expect.poll(() => position(page)).toBe(60_000);
  // A pane that there is not is the default one.
  await open(page, service, `${EXAMPLE}?pane=figures`);
  await expect(tab(page, "Scorecard")).toHaveAttribute("aria-selected", "true");
});

test("arrow keys move among tabs, and seek elsewhere", async ({ page, service }) => {
  await open(page, service, EXAMPLE);
  await tab(page, "Scorecard").focus();
  await page.keyboard.press("ArrowRight");
  await expect(tab(page, "Summary")).toBeFocused();
  await expect(page.getByRole("tabpanel", { name: "Summary" })).toBeVisible();
  expect(await position(page)).toBe(0);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("tabpanel", { name: "Summary" })).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => position(page)).toBe(5_000);
  await page.keyboard.press("3");
  await expect(page.getByRole("tabpanel", { name: "Stats" })).toBeVisible();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeHidden();
});

test("topics follow the zoom of the waveform", async ({ page, service }) => {
  await open(page, service, EXAMPLE);
  const topic = (name: string) => page.getByRole("group", { name: "Topics and notes in time" }).getByRole("button", { name });
  await expect(topic("Work in the library")).toBeVisible();
  await expect(topic("Next steps and the new team")).toBeVisible();
  const whole = (await topic("Work in the library").boundingBox())!.width;
  await page.getByLabel("Zoom of the waveform").selectOption("Medium");
  await expect.poll(async () => (await topic("Work in the library").boundingBox())!.width).toBeGreaterThan(whole * 1.5);
  await expect(topic("Next steps and the new team")).toHaveCount(0);
  await page.getByRole("slider").focus();
  await page.keyboard.press("End");
  await expect(topic("Next steps and the new team")).toBeVisible();
  await expect(topic("Work in the library")).toHaveCount(0);
  await page.getByLabel("Zoom of the waveform").selectOption("Fit");
  await expect(topic("Work in the library")).toBeVisible();
});

test("on paper there are the scorecard and the summary", async ({ page, service }) => {
  await open(page, service, `${EXAMPLE}?pane=notes`);
  await expect(page.getByRole("list", { name: "Notes" })).toBeVisible();
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("heading", { name: "Ada, first round" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Problem solving" })).toBeVisible();
  await expect(page.getByText("The candidate works in a public library")).toBeVisible();
  for (const hidden of [page.getByRole("slider"), page.getByRole("list", { name: "Notes" }), page.getByLabel("Search in the transcript")]) {
    await expect(hidden).toBeHidden();
  }
  expect((await page.pdf()).length).toBeGreaterThan(10_000);
  await page.emulateMedia({ media: "screen" });
  await expect(page.getByRole("list", { name: "Notes" })).toBeVisible();
});

test("the sample comes with the page", async ({ page, service }) => {
  await open(page, service);
  await page.getByRole("button", { name: "Try the sample recording" }).click();
  await expect(page.getByRole("link", { name: "Sample interview" })).toBeVisible();
  const { items } = await service.get("/v1/interviews");
  expect((await service.settled(items[0].id)).status).toBe("completed");
  await expect(page.getByRole("listitem").getByText("Ready")).toBeVisible();
});
