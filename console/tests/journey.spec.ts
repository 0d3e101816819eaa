// From a recording to everything that is made of it, by the page alone.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Recognizer } from "./recognizer";
import { expect, open, position, SAMPLE, test, upload } from "./service";

test.use({
  // A provider so slow that the steps can be followed.
  settings: async ({}, use) => {
    const recognizer = await Recognizer.slow(20_000);
    await use(recognizer.settings);
    recognizer.stop();
  },
});

test("a recording is uploaded, followed, looked at and listened to", async ({ page, service }) => {
  test.slow();
  await open(page, service);
  await expect(page.getByRole("heading", { name: "No interviews yet" })).toBeVisible();
  await upload(page, SAMPLE);

  await test.step("the list is live", async () => {
    const row = page.getByRole("list", { name: "Interviews" }).getByRole("listitem");
    await expect(row).toContainText("Processing");
    await row.getByRole("link", { name: "interview" }).click();
  });

  await test.step("the steps are followed without a reload", async () => {
    const steps = page.getByRole("region", { name: "Progress" });
    await expect(steps.getByRole("listitem").filter({ hasText: "Waveform" })).toContainText("done");
    await expect(page.getByText(/quotes match the transcript/)).toBeVisible({ timeout: 200_000 });
    await expect(steps).toBeHidden();
  });

  const text = page.getByRole("region", { name: "Text of the transcript" });
  await test.step("the transcript has turns of both speakers", async () => {
    await expect(text.getByRole("listitem").first()).toContainText("Good morning and thank you for coming");
    await expect(text.getByRole("listitem").nth(1)).toContainText("Speaker 2");
    await expect(page.locator(".words .unsure").first()).toHaveAttribute("title", /^\d+% sure$/);
  });

  await test.step("a word is sought by a click", async () => {
    await text.getByText("library.", { exact: true }).first().click();
    await expect(text.locator("[data-now]")).toHaveText("library.");
    await expect.poll(() => position(page)).toBeGreaterThanOrEqual(5_000);
  });

  await test.step("evidence plays what was said, and no more", async () => {
    const quote = page.locator(".quote.verified a").first();
    const start_ms = Number((await quote.getAttribute("href"))!.split("t=")[1]);
    const { items } = await service.get("/v1/interviews");
    const { key_points } = await service.get(`/v1/interviews/${items[0].id}/analysis`);
    const { end_ms } = key_points.flatMap(({ evidence }: any) => evidence).find((found: any) => found.start_ms === start_ms);
    await quote.click();
    await expect.poll(() => position(page), { timeout: 60_000 }).toBeGreaterThan(end_ms - 2_000);
    await expect(text.locator("[data-now]")).toBeVisible();
    await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
    const stopped = await position(page);
    expect(stopped).toBeLessThanOrEqual(end_ms + 3_000);
  });

  await test.step("a note and a bookmark are set by keys", async () => {
    await page.getByRole("slider").focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("PageUp");
    await page.keyboard.press("n");
    await expect(page.locator("#note")).toBeFocused();
    await page.keyboard.type("ask about the list");
    await page.keyboard.press("Enter");
    const notes = page.getByRole("list", { name: "Notes" });
    await expect(notes.getByRole("listitem")).toContainText(["ask about the list"]);
    await expect(notes.getByRole("listitem").first()).toContainText("01:00");
    await page.keyboard.press("Escape");
    await page.getByRole("slider").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("b");
    await expect(notes.getByRole("listitem")).toHaveCount(2);
    await expect(page.getByRole("button", { name: "Bookmark at 01:05" })).toBeVisible();
    await notes.getByRole("button", { name: "Change ask about the list" }).click();
    await page.getByLabel("Text of the note").fill("ask about the list again");
    await page.keyboard.press("Enter");
    await expect(notes.getByRole("listitem").first()).toContainText("again");
    await notes.getByRole("button", { name: "Delete Bookmark" }).click();
    await expect(notes.getByRole("listitem")).toHaveCount(1);
  });

  await test.step("the transcript is searched", async () => {
    await page.getByRole("slider").focus();
    await page.keyboard.press("/");
    await expect(page.getByLabel("Search in the transcript")).toBeFocused();
    await page.keyboard.type("copy of the list");
    await expect(page.getByText("1 of 2 matches")).toBeVisible();
    await expect(text.locator(".hit.this").first()).toBeInViewport();
    await page.keyboard.press("Enter");
    await expect(page.getByText("2 of 2 matches")).toBeVisible();
    await expect(text.locator(".hit.this")).toHaveText(["copy", "of", "the", "list."]);
    await page.getByLabel("Search in the transcript").fill("zebra");
    await expect(page.getByText("Not found")).toBeVisible();
    await page.getByLabel("Search in the transcript").fill("");
  });

  await test.step("speakers are named, everywhere", async () => {
    await page.getByRole("button", { name: "Rename Speaker 2" }).click();
    await page.getByLabel("Name of Speaker 2").fill("Ada");
    await page.keyboard.press("Enter");
    await expect(text.getByText("Ada", { exact: true }).first()).toBeVisible();
    await expect(text.getByText("Speaker 2")).toBeHidden();
    await page.getByRole("tab", { name: "Stats" }).click();
    await expect(page.getByRole("columnheader", { name: "Ada" })).toBeVisible();
  });

  await test.step("what was made is taken away", async () => {
    const downloaded = page.waitForEvent("download");
    await page.getByText("Download", { exact: true }).click();
    await page.getByRole("button", { name: "Transcript (text)" }).click();
    const file = await downloaded;
    expect(file.suggestedFilename()).toBe("interview transcript.txt");
    expect(readFileSync(await file.path(), "utf8")).toContain("Ada: Good morning");

    await page.getByText("Download", { exact: true }).click();
    const again = page.waitForResponse("**/retry");
    await page.getByRole("button", { name: "Update report (includes" }).click();
    await again;
    await expect(page.getByRole("region", { name: "Progress" })).toBeHidden();
    await page.getByText("Download", { exact: true }).click();
    const reported = page.waitForEvent("download");
    await page.getByRole("button", { name: "Report (Word)" }).click();
    const report = execFileSync("unzip", ["-p", await (await reported).path(), "word/document.xml"], { encoding: "utf8" });
    expect(report).toContain("Ada");
    expect(report).toContain("ask about the list again");
  });

  await test.step("the title is changed, and stays so", async () => {
    await page.getByRole("button", { name: "Change the title" }).click();
    await page.getByLabel("Title").fill("Ada, first round");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ada, first round");
    await page.reload();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ada, first round");
    await expect(page.locator(".who b").filter({ hasText: "Ada" }).first()).toBeVisible();
  });

  await test.step("a speaker without a name is called as before", async () => {
    await page.getByRole("button", { name: "Rename Ada" }).click();
    await page.getByLabel("Name of Ada").fill("");
    await page.keyboard.press("Enter");
    await expect(page.locator(".who b").filter({ hasText: "Speaker 2" }).first()).toBeVisible();
    await expect(page.locator(".who b").filter({ hasText: "Ada" })).toHaveCount(0);
    await expect(page.getByRole("button", { name: "Rename Speaker 2" })).toBeFocused();
  });

  await test.step("a link leads to its moment", async () => {
    // The tab that was shown before the reload is shown again.
    await expect(page.getByRole("tab", { name: "Stats" })).toHaveAttribute("aria-selected", "true");
    await page.getByRole("tab", { name: "Summary" }).click();
    const href = await page.locator(".quote.verified a").first().getAttribute("href");
    await open(page, service, href!);
    await expect(text.locator("[data-now]")).toBeVisible();
    // While the recording begins to be read it is at its beginning.
    await expect.poll(() => position(page)).toBe(Math.floor(Number(href!.split("t=")[1]) / 1_000) * 1_000);
  });
});

test("what is no recording is refused in words", async ({ page, service }) => {
  await open(page, service);
  const file = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("not a sound") };
  await upload(page, file);
  await page.getByRole("link", { name: "notes" }).click();
  await expect(page.getByRole("alert").first()).toContainText("Transcript, Waveform:");
  await expect(page.getByRole("heading", { name: "notes" })).toBeVisible();
  // There is nothing to read or to play.
  await expect(page.getByRole("tablist")).toHaveCount(0);
  await expect(page.getByRole("region", { name: "Player" })).toHaveCount(0);
});
