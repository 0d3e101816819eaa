// A picture of each view, light and dark, on a desktop and on a phone, for people to
// look at: `scripts/console screenshots`.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { Model } from "./model";
import { expect, open, SAMPLE, Service, test, upload } from "./service";

const FOLDER = process.env["SCREENSHOTS"] ?? "";

let model: Model;
let service: Service;
let id: string;

test.beforeAll(async ({}, info) => {
  info.setTimeout(180_000);
  model = await Model.start();
  service = await Service.start(model.settings);
  const sample = new Blob([readFileSync(SAMPLE)]);
  const submit = (title: string, kind: string) => service.submit(sample, "interview.flac", { title, kind });
  await service.settled(await service.submit(new Blob(["not a sound"]), "memo.txt", { title: "Voice memo", kind: "other" }));
  model.refusing = true;
  await service.settled(await submit("Museum visitors, morning", "user_research"));
  model.refusing = false;
  id = await submit("Ada, first round", "job_interview");
  await service.settled(id);
  await fetch(`${service.url}/v1/interviews/${id}`, {
    method: "PATCH",
    body: JSON.stringify({ speakers: { "0": "Grace", "1": "Ada" } }),
  });
  for (const note of [
    { text: "Ask how the copy of the list is kept now.", at_ms: 70_000 },
    { text: "Bookmark", at_ms: 52_000, kind: "bookmark" },
  ]) {
    await fetch(`${service.url}/v1/interviews/${id}/notes`, { method: "POST", body: JSON.stringify(note) });
  }
});
test.afterAll(async () => {
  await service.stop();
  model.stop();
});
test.use({ expected: /^asked: / });

for (const scheme of ["light", "dark"] as const) {
  for (const [device, viewport] of [
    ["desktop", { width: 1280, height: 800 }],
    ["phone", { width: 390, height: 844 }],
  ] as const) {
    test.describe(`${scheme}, ${device}`, () => {
      test.use({ colorScheme: scheme, viewport });
      const picture = (page: Page, name: string) =>
        page.screenshot({ path: join(FOLDER, `${name}-${device}-${scheme}.png`), animations: "disabled" });

      test("every view", async ({ page, service: empty }) => {
        await open(page, empty);
        await expect(page.getByRole("heading", { name: "No interviews yet" })).toBeVisible();
        await picture(page, "empty");

        await open(page, empty);
        await page.getByLabel("Recordings", { exact: true }).setInputFiles(SAMPLE);
        await page.getByText("More settings").click();
        await picture(page, "upload");
        await page.getByRole("button", { name: "Cancel" }).click();
        await upload(page, SAMPLE);
        await page.getByRole("link", { name: "interview", exact: true }).click();
        await expect(page.getByRole("listitem").filter({ hasText: "Waveform" })).toContainText("done");
        await picture(page, "progress");

        await open(page, service);
        await expect(page.getByRole("link", { name: "Ada" })).toBeVisible();
        await picture(page, "list");

        await page.getByRole("link", { name: "Museum" }).click();
        await expect(page.getByRole("alert")).toBeVisible();
        await picture(page, "failed");

        await open(page, service, `/app/interviews/${id}?t=53000`);
        await expect(page.getByRole("img", { name: "4 of 5, Strong" })).toBeVisible();
        await picture(page, "interview");
        if (device === "phone") await page.getByRole("tab", { name: "Transcript" }).click();
        await page.getByLabel("Search in the transcript").fill("list");
        await expect(page.locator(".hit").first()).toBeVisible();
        await picture(page, "transcript");
        await page.getByLabel("Search in the transcript").fill("");
        for (const part of ["Summary", "Stats", "Notes"]) {
          await page.getByRole("tab", { name: part }).click();
          await picture(page, part.toLowerCase());
        }
        await page.getByText("Download", { exact: true }).click();
        await picture(page, "downloads");
        await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
        await picture(page, "shortcuts");
      });
    });
  }
}
