// Rubrics: kept in versions, made of templates, and given to interviews.

import type { Page } from "@playwright/test";
import { found } from "./axe";
import { Model } from "./model";
import { expect, open, Service, test } from "./service";
import { talk } from "./talk";

let model: Model;
let service: Service;

test.beforeAll(async () => {
  model = await Model.start();
  // A second language engine beside the active one: the one that selects sentences.
  service = await Service.start(model.settings);
});
test.afterAll(async () => {
  await service.stop();
  model.stop();
});
// The one service of this file is not the one of each test; and axe tries a style.
test.use({ expected: /^asked: |Applying inline style|status of 404/ });

const all = async () => (await service.get("/v1/rubrics")).items as { id: string; name: string; version: number; competencies: any[] }[];
const named = async (name: string) => (await all()).find((rubric) => rubric.name === name)!;

async function create(name: string, competencies: { name: string }[]): Promise<string> {
  const answer = await fetch(`${service.url}/v1/rubrics`, { method: "POST", body: JSON.stringify({ name, competencies }) });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

test("a rubric is made of a template by keyboard, changed in versions, and deleted", async ({ page }) => {
  await open(page, service);
  await page.getByRole("link", { name: "Rubrics" }).press("Enter");
  await expect(page.getByRole("heading", { name: "Rubrics" })).toBeVisible();
  await page.getByText("New rubric", { exact: true }).press("Enter");
  await page.getByRole("button", { name: "From: Job interview" }).press("Enter");
  await expect(page.getByRole("heading", { name: "New rubric" })).toBeFocused();
  const name = page.getByLabel("Name of the rubric");
  await expect(name).toHaveValue("Job interview");
  await name.fill("Librarians");
  const competencies = page.getByRole("group", { name: /^Competency \d+$/ });
  await expect(competencies).toHaveCount(5);

  await test.step("the focus goes with what is added, moved and removed", async () => {
    const first = await competencies.first().getByLabel("Name", { exact: true }).inputValue();
    await page.getByRole("button", { name: `Move ${first} down` }).press("Enter");
    await expect(competencies.nth(1).getByLabel("Name", { exact: true })).toHaveValue(first);
    await expect(page.getByRole("button", { name: `Move ${first} down` })).toBeFocused();
    await page.getByRole("button", { name: `Move ${first} up` }).press("Enter");
    // It cannot move further.
    await expect(competencies.first().getByLabel("Name", { exact: true })).toBeFocused();
    await page.getByRole("button", { name: "Add competency" }).press("Enter");
    await expect(competencies).toHaveCount(6);
    await expect(competencies.last().getByLabel("Name", { exact: true })).toBeFocused();
    await page.keyboard.type("Tact");
    await page.getByRole("button", { name: "Remove Tact" }).press("Enter");
    await expect(competencies.last().getByLabel("Name", { exact: true })).toBeFocused();
    await page.getByRole("button", { name: "Add competency" }).press("Enter");
    await page.keyboard.type("Tact");
  });

  const tact = competencies.last();
  await tact.getByLabel("Weight").fill("2.5");
  await tact.getByLabel("What good and bad look like").fill("Says it kindly.");
  await tact.getByLabel("1, poor").fill("shouts");
  await tact.getByLabel("3, solid").fill("is polite");
  await tact.getByLabel("5, outstanding").fill("calms others");
  await page.getByRole("button", { name: "Save", exact: true }).press("Enter");
  await expect(page.getByText("Saved as version 1")).toBeVisible();
  const first = await named("Librarians");
  expect(first.competencies.at(-1)).toMatchObject({
    name: "Tact",
    description: "Says it kindly.",
    weight: 2.5,
    anchors: { low: "shouts", mid: "is polite", high: "calms others" },
  });

  await page.reload();
  await expect(page.getByLabel("Name of the rubric")).toHaveValue("Librarians");
  await page.getByLabel("Name of the rubric").fill("Librarians, second round");
  await expect(page.getByText("Not saved yet")).toBeVisible();
  // What is not saved is not left without a question.
  page.once("dialog", (dialog) => void dialog.dismiss());
  await page.getByRole("link", { name: "All rubrics" }).click();
  await expect(page.getByLabel("Name of the rubric")).toHaveValue("Librarians, second round");
  await page.getByRole("button", { name: "Save as version 2" }).click();
  await expect(page.getByText("Saved as version 2")).toBeVisible();
  expect((await service.get(`/v1/rubrics/${first.id}?version=1`)).name).toBe("Librarians");
  await page.getByRole("link", { name: "All rubrics" }).click();
  const row = page.getByRole("list", { name: "Rubrics" }).getByRole("listitem").filter({ hasText: "Librarians" });
  await expect(row).toContainText("6 competencies · version 2");
  page.once("dialog", (dialog) => void dialog.accept());
  await row.getByRole("button", { name: "Delete Librarians, second round" }).click();
  await expect(row).toBeHidden();
  expect(await named("Librarians, second round")).toBeUndefined();
  await open(page, service, `/app/rubrics?edit=${first.id}`);
  await expect(page.getByText("This rubric doesn't exist")).toBeVisible();
});

test("uploads and interviews are given a rubric, and the analysis is run again by it", async ({ page }) => {
  await create("Owners", [{ name: "ownership" }]);
  await open(page, service);
  const file = { name: "ada.txt", mimeType: "text/plain", buffer: Buffer.from("not a sound") };
  await page.getByLabel("Recordings", { exact: true }).setInputFiles([file]);
  await page.getByRole("dialog").getByLabel("Rubric").selectOption("Owners");
  await page.getByRole("button", { name: "Upload 1 file" }).click();
  const owners = await named("Owners");
  await expect.poll(async () => (await service.get("/v1/interviews")).items[0]?.rubric_id).toBe(owners.id);

  const id = await talk(service, "Ada", { kind: "job_interview" });
  await open(page, service, `/app/interviews/${id}`);
  await expect(page.getByRole("heading", { name: "collaboration" })).toBeVisible();
  const settings = page.getByRole("button", { name: "Settings" });
  await settings.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Settings" });
  await dialog.getByLabel("Title").fill("Ada, second round");
  await dialog.getByLabel("Rubric").first().selectOption("Owners (version 1)");
  await dialog.getByLabel("Names and terms").fill("library, catalogue");
  await dialog.getByLabel("Delete after (days)").fill("90");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("Saved", { exact: true })).toBeVisible();
  expect(await service.get(`/v1/interviews/${id}`)).toMatchObject({
    title: "Ada, second round",
    rubric_id: owners.id,
    rubric_version: 1,
    key_terms: ["library", "catalogue"],
    retention_days: 90,
  });
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(settings).toBeFocused();
  await expect(page.getByRole("heading", { name: "Ada, second round" })).toBeVisible();
  await expect(page.getByText("The analysis is out of date: the kind or the rubric was changed")).toBeVisible();
  await page.getByRole("button", { name: "Run analysis again" }).first().click();
  await expect(page.getByText("out of date")).toBeHidden();
  await expect(page.getByRole("heading", { name: "ownership" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "collaboration" })).toBeHidden();
});

test("an analysis is made again by another engine", async ({ page }) => {
  const id = await talk(service, "Engines", { kind: "job_interview" });
  await open(page, service, `/app/interviews/${id}`);
  await page.getByRole("button", { name: "Settings" }).click();
  const again = page.getByRole("dialog").getByRole("region", { name: "Analysis" });
  await expect(again.getByLabel("Engine").locator("option")).toHaveText(["openai stand-in (active)", "extractive"]);
  await again.getByLabel("Engine").selectOption("extractive");
  const asked = model.asked;
  await again.getByRole("button", { name: "Run analysis again" }).click();
  await expect.poll(async () => (await service.get(`/v1/interviews/${id}/analysis`)).engine).toBe("extractive");
  expect(model.asked).toBe(asked);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByText("No AI model is connected").first()).toBeVisible();
  // A transcript from elsewhere has no recording to listen to.
  await page.getByRole("button", { name: "Settings" }).click();
  await expect(page.getByRole("dialog").getByRole("region", { name: "Transcript" })).toBeHidden();
});

for (const [device, viewport] of [
  ["desktop", { width: 1280, height: 860 }],
  ["phone", { width: 390, height: 780 }],
  ["200 % zoom", { width: 640, height: 430 }],
] as const) {
  for (const scheme of ["light", "dark"] as const) {
    test.describe(`${device}, ${scheme}`, () => {
      test.use({ viewport, colorScheme: scheme });

      test("rubrics and settings are accessible and fit", async ({ page }) => {
        const fits = async (name: string) => {
          expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
          expect(await found(page)).toEqual([]);
          await picture(page, `${name}-${device.replace(/\W+/g, "-")}-${scheme}`);
        };
        await create("Fits", [{ name: "ownership" }, { name: "tact" }]);
        await open(page, service, "/app/rubrics");
        await expect(page.getByRole("link", { name: "Fits" }).first()).toBeVisible();
        await fits("rubrics");
        await page.getByText("New rubric", { exact: true }).click();
        await expect(page.getByRole("button", { name: "Empty" })).toBeInViewport({ ratio: 1 });
        await picture(page, `menu-${device.replace(/\W+/g, "-")}-${scheme}`);
        await page.getByRole("button", { name: "From: Job interview" }).click();
        await expect(page.getByLabel("Name of the rubric")).toHaveValue("Job interview");
        await fits("rubric");
        const id = await talk(service, "Fits", { kind: "job_interview" });
        page.once("dialog", (dialog) => void dialog.accept());
        await open(page, service, `/app/interviews/${id}`);
        await expect(page.getByRole("heading", { name: "collaboration" })).toBeVisible();
        await fits("interview");
        await page.getByRole("button", { name: "Settings" }).click();
        await expect(page.getByRole("dialog").getByLabel("Engine")).toBeVisible();
        await fits("settings");
        await page.getByRole("dialog").getByRole("button", { name: "Run analysis again" }).scrollIntoViewIfNeeded();
        await fits("again");
      });
    });
  }
}

/** For people to look at, where a folder is given. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["PICTURES"];
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, animations: "disabled" });
}
