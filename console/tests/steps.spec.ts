// A step that fails says why, and is run again from the page.

import { readFileSync } from "node:fs";
import { Model } from "./model";
import { expect, open, SAMPLE, Service, test } from "./service";

test.use({ expected: /status of 400/ });

test("a failed step says why, and is run again", async ({ page, context, complaints }) => {
  const model = await Model.start();
  model.refusing = true;
  const service = await Service.start(model.settings);
  context.removeAllListeners("request");
  try {
    const id = await service.submit(new Blob([readFileSync(SAMPLE)]), "interview.flac", {
      title: "Ada",
      kind: "job_interview",
    });
    const { status, steps } = await service.settled(id);
    expect([status, steps.analysis.error.code]).toEqual(["partial", "engine_unauthorized"]);

    await page.route("**/transcript", (route) => route.fulfill({ status: 400, json: { title: "Not now", status: 400 } }));
    await open(page, service);
    await expect(page.getByRole("listitem").getByText("Ready with errors")).toBeVisible();
    await page.getByRole("link", { name: "Ada" }).click();
    const why = page.getByRole("alert").filter({ hasText: "Analysis:" });
    await expect(why).toContainText(steps.analysis.error.message);
    await expect(page.getByText("Couldn't load the transcript. Not now")).toBeVisible();
    await page.unrouteAll();
    await page.getByRole("region", { name: "Transcript" }).getByRole("button", { name: "Retry" }).click();
    await expect(page.getByRole("region", { name: "Text of the transcript" })).toContainText("library");

    model.refusing = false;
    await why.getByRole("button", { name: "Retry" }).click();
    await expect(page.getByRole("region", { name: "Progress" })).toBeHidden();

    // Five of six quotes match the transcript; the invented one is no link.
    await expect(page.getByText(/quotes match the transcript/)).toBeVisible();
    await expect(page.getByRole("img", { name: "5 of 5, Outstanding" })).toBeVisible();
    await page.getByRole("tab", { name: "Summary" }).click();
    const invented = page.locator(".quote.unverified");
    await expect(invented).toContainText("promoted");
    await expect(invented.getByRole("link")).toHaveCount(0);
    await expect(invented.getByRole("img", { name: "Not in the transcript" })).toBeVisible();
    await expect(page.locator(".quote.repaired").first()).toBeVisible();
    const topics = page.getByRole("group", { name: "Topics and notes in time" });
    await topics.getByRole("button", { name: "The lost list" }).click();
    await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
    expect(complaints).toEqual([]);
  } finally {
    // It would complain of a service that is not there.
    await page.close();
    await service.stop();
    model.stop();
  }
});
