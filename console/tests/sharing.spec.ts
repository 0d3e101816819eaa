// Shared links, opened by people without an account, and access tokens.

import { readFileSync } from "node:fs";
import { found } from "./axe";
import { expect, open, SAMPLE, test } from "./service";

// axe tries a style; and a revoked link is a page with the status 404.
test.use({ expected: /Applying inline style|status of 404/ });

test("an interview is shared, opened in a private window, and revoked", async ({ page, browser, service }) => {
  test.slow();
  const recording = new Blob([readFileSync(SAMPLE)], { type: "audio/flac" });
  const id = await service.submit(recording, "interview.flac", { title: "A summer" });
  await service.settled(id);
  await open(page, service, `/app/interviews/${id}`);
  await page.getByRole("button", { name: "Share", exact: true }).press("Enter");
  const dialog = page.getByRole("dialog", { name: "Share" });
  await expect(dialog.getByText("No links yet")).toBeVisible();
  await dialog.getByLabel("With the recording").check();
  await dialog.getByLabel("Opens for").selectOption("1 day");
  await dialog.getByRole("button", { name: "Make a link" }).press("Enter");
  const row = dialog.getByRole("listitem");
  await expect(row).toContainText("Interview, with the recording");
  await expect(row).toContainText("never opened");
  expect(await found(page)).toEqual([]);
  const link = await row.getByLabel("Link: Interview, with the recording", { exact: true }).inputValue();
  expect(link.startsWith(`${service.url}/s/`)).toBe(true);

  const stranger = await browser.newContext();
  const complaints: string[] = [];
  const asked: string[] = [];
  stranger.on("console", (message) => complaints.push(message.text()));
  stranger.on("request", (request) => asked.push(new URL(request.url()).origin));
  const shared = await stranger.newPage();

  await test.step("the link opens without an account and plays the recording", async () => {
    const answer = await shared.goto(link);
    expect(answer!.status()).toBe(200);
    await expect(shared.getByRole("heading", { name: "A summer" })).toBeVisible();
    await expect(shared.getByRole("heading", { name: "Transcript", exact: true })).toBeVisible();
    const lengthOf = () => shared.locator("audio").evaluate((audio: HTMLAudioElement) => audio.duration);
    await expect.poll(lengthOf).toBeGreaterThan(60);
    // The policy lets in the style sheet of the page.
    expect(await shared.locator("main").evaluate((main) => getComputedStyle(main).backgroundColor)).toBe("rgb(255, 255, 255)");
    expect(await shared.evaluate(() => document.scripts.length)).toBe(0);
    expect(new Set(asked)).toEqual(new Set([service.url]));
    expect(complaints).toEqual([]);
  });

  await test.step("the view is counted", async () => {
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Share", exact: true }).click();
    await expect(row).toContainText("opened once");
  });

  await test.step("a revoked link opens nothing", async () => {
    await row.getByRole("button", { name: "Revoke the link: Interview, with the recording" }).press("Enter");
    await expect(dialog.getByText("No links yet")).toBeVisible();
    const answer = await shared.reload();
    expect(answer!.status()).toBe(404);
    await expect(shared.getByRole("heading", { name: "This link does not work" })).toBeVisible();
    expect((await fetch(`${link}/audio`)).status).toBe(404);
  });
  await stranger.close();
});

test("the report is shared with its Word document", async ({ browser, page, service }) => {
  test.slow();
  const recording = new Blob([readFileSync(SAMPLE)], { type: "audio/flac" });
  const id = await service.submit(recording, "interview.flac", { title: "A summer" });
  await service.settled(id);
  await open(page, service, `/app/interviews/${id}`);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Share" });
  await dialog.getByLabel("What it shows").selectOption("The report as it is now");
  await dialog.getByRole("button", { name: "Make a link" }).click();
  const link = await dialog.getByLabel("Link: Report", { exact: true }).inputValue();
  const stranger = await browser.newContext();
  const shared = await stranger.newPage();
  await shared.goto(link);
  const [download] = await Promise.all([
    shared.waitForEvent("download"),
    shared.getByRole("link", { name: "Download as a Word document" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("report.docx");
  expect(readFileSync(await download.path()).subarray(0, 2).toString()).toBe("PK");
  await stranger.close();
});

test("an access token is made, used and revoked", async ({ page, service }) => {
  await open(page, service);
  await page.getByRole("link", { name: "Access tokens" }).press("Enter");
  await expect(page.getByText("No access tokens yet")).toBeVisible();
  await page.getByLabel("Name").fill("Nightly export");
  await page.getByRole("button", { name: "Make a token" }).press("Enter");
  const secret = await page.getByLabel("Token", { exact: true }).inputValue();
  expect(secret).toMatch(/^ilp_[0-9a-f]{64}$/);
  const row = page.getByRole("list", { name: "Access tokens" }).getByRole("listitem");
  await expect(row).toContainText("Nightly export");
  await expect(row).toContainText("never used");
  expect(await found(page)).toEqual([]);
  const headers = { authorization: `Bearer ${secret}` };
  const status = async (init: RequestInit) => (await fetch(`${service.url}/v1/interviews`, { headers, ...init })).status;
  expect(await status({})).toBe(200);
  expect(await status({ method: "POST", body: JSON.stringify({ title: "a" }) })).toBe(403);

  await page.reload();
  await expect(row).toContainText("last used");
  await expect(page.getByLabel("Token", { exact: true })).toHaveCount(0);
  page.once("dialog", (dialog) => void dialog.accept());
  await row.getByRole("button", { name: "Revoke Nightly export" }).press("Enter");
  await expect(page.getByText("No access tokens yet")).toBeVisible();
  expect(await status({})).toBe(401);
});
