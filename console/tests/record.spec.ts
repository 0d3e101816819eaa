// A recording is made in the browser, by a microphone that plays the bundled interview.

import { statSync } from "node:fs";
import { listening } from "./listening";
import { expect, test } from "./service";

// An engine that listens.
test.use({ settings: { TRANSCRIBER: "pocketsphinx" } });

test("what is recorded in the browser becomes an interview", async ({ service }, info) => {
  const browser = await listening(info);
  const page = await browser.newPage();
  await fetch(`${service.url}/v1/interviews`, { method: "POST", body: JSON.stringify({ title: "Ada" }) });
  await page.goto(`${service.url}/app`);
  await page.getByRole("button", { name: "Record", exact: true }).click();
  // It goes on while something else is looked at.
  await page.getByRole("link", { name: "Ada" }).click();
  await expect(page.getByRole("heading", { name: "Ada" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Stop" })).toContainText(/00:(0[89]|[1-5]\d)/);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("link", { name: "All interviews" }).click();
  await expect(page.getByRole("link", { name: /^Recording/ })).toBeVisible();
  const { items } = await service.get("/v1/interviews");
  expect(items[0].audio.content_type).toBe("audio/webm");
  const { status, steps, transcript } = await service.settled(items[0].id);
  expect(status, JSON.stringify(steps)).toBe("completed");
  const words: string[] = transcript.words.map(({ text }: { text: string }) => text);
  expect(words).toEqual(expect.arrayContaining(["morning", "job"]));
  await browser.close();
});

test("a recording that cannot be uploaded can be saved", async ({ service }, info) => {
  const browser = await listening(info);
  const page = await browser.newPage();
  await page.goto(`${service.url}/app`);
  await page.route("**/v1/interviews", (route) => {
    return route.request().method() === "GET"
      ? route.continue()
      : route.fulfill({ status: 413, json: { title: "No", detail: "the recording is too large", status: 413 } });
  });
  await page.getByRole("button", { name: "Record", exact: true }).click();
  await expect(page.getByRole("button", { name: "Record", exact: true })).toBeHidden();
  await expect(page.getByRole("button", { name: "Stop" })).toContainText(/00:(0[2-9]|[1-5]\d)/);
  await page.getByRole("button", { name: "Stop" }).click();
  const row = page.getByRole("list", { name: "Uploads" }).getByRole("listitem");
  await expect(row).toContainText("the recording is too large");
  const saved = page.waitForEvent("download");
  await row.getByRole("button", { name: "Save the recording" }).click();
  expect(statSync(await (await saved).path()).size).toBeGreaterThan(1_000);

  // There is no other copy.
  const asked: string[] = [];
  let answer = false;
  page.on("dialog", (dialog) => {
    asked.push(dialog.message());
    void (answer ? dialog.accept() : dialog.dismiss());
  });
  await row.getByRole("button", { name: "Stop the upload" }).click();
  await expect(row).toBeVisible();
  answer = true;
  await row.getByRole("button", { name: "Stop the upload" }).click();
  await expect(row).toBeHidden();
  expect(asked).toEqual(Array(2).fill(expect.stringContaining("would be lost")));
  await browser.close();
});
