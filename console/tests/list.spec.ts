// A list of more than a page: searched, filtered, and loaded as it is scrolled.

import { expect, open, test } from "./service";

test("a long list is searched and filtered", async ({ page, service }) => {
  for (let number = 1; number <= 130; number += 1) {
    const title = number === 7 ? "Évelyne, first round" : `Interview number ${number}`;
    const made = await fetch(`${service.url}/v1/interviews`, { method: "POST", body: JSON.stringify({ title }) });
    expect(made.status).toBe(201);
  }
  const failing = await service.submit(new Blob(["not a sound"]), "memo.txt", { title: "Voice memo" });
  await service.settled(failing);
  await open(page, service);
  const rows = page.getByRole("list", { name: "Interviews" }).getByRole("listitem");
  await expect(rows).toHaveCount(100);
  await expect(page.getByText("100 interviews so far")).toBeVisible();

  // The oldest are on the second page.
  await page.getByLabel("Search by title").fill("evelyne");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("Évelyne");
  await page.getByLabel("Search by title").fill("");
  await expect(rows).toHaveCount(131);

  await page.getByLabel("Status").selectOption("Failed");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("Voice memo");
  await page.getByLabel("Status").selectOption("All");
  await expect(rows).toHaveCount(100);
  await rows.last().scrollIntoViewIfNeeded();
  await expect(rows).toHaveCount(131);
});
