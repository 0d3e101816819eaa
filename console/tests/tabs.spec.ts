// Two tabs, and what is deleted.

import { readFileSync } from "node:fs";
import { expect, open, SAMPLE, test } from "./service";

test("what is done in one tab is seen in the other", async ({ page, context, service }) => {
  const id = await service.submit(new Blob([readFileSync(SAMPLE)]), "interview.flac", { title: "Ada" });
  await service.settled(id);
  const other = await context.newPage();
  await open(page, service, `/app/interviews/${id}`);
  await open(other, service, `/app/interviews/${id}`);
  await expect(other.getByRole("button", { name: "Play", exact: true })).toBeVisible();
  await page.getByRole("tab", { name: "Notes" }).click();
  await page.getByLabel("Note at the moment that is playing").fill("from the first tab");
  await page.getByRole("button", { name: "Add note" }).click();
  await other.getByRole("tab", { name: "Notes 1" }).click();
  await expect(other.getByRole("list", { name: "Notes" })).toContainText("from the first tab");

  await page.getByRole("link", { name: "All interviews" }).click();
  await page.getByRole("button", { name: "Delete Ada" }).click();
  await expect(page.getByRole("link", { name: "Ada" })).toBeHidden();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("link", { name: "Ada" })).toBeVisible();
  expect((await service.get(`/v1/interviews/${id}`)).title).toBe("Ada");

  await page.getByRole("button", { name: "Delete Ada" }).click();
  await expect(page.getByRole("heading", { name: "Nothing here yet" })).toBeVisible();
  await expect(other.getByRole("alert")).toContainText("no longer");
  expect((await fetch(`${service.url}/v1/interviews/${id}`)).status).toBe(404);
});
test.use({ expected: /status of 404/ });

test("leaving does not undo", async ({ page, service }) => {
  const id = await service.submit(new Blob([readFileSync(SAMPLE)]), "interview.flac", { title: "Ada" });
  await open(page, service, `/app/interviews/${id}`);
  await page.getByRole("button", { name: "Delete this interview" }).click();
  await expect(page.getByText("“Ada” is deleted.")).toBeVisible();
  await page.goto("about:blank");
  await expect.poll(async () => (await fetch(`${service.url}/v1/interviews/${id}`)).status).toBe(404);
});
