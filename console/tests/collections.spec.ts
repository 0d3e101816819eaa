// Twelve interviews into a collection: filtered, compared, tagged, deleted and undone.

import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { found } from "./axe";
import { Model } from "./model";
import { expect, open, Service, test } from "./service";

let model: Model;
let service: Service;

test.beforeAll(async () => {
  model = await Model.start();
  // An engine that listens: nothing is said in a square wave.
  service = await Service.start({ ...model.settings, TRANSCRIBER: "pocketsphinx" });
});
test.afterAll(async () => {
  await service.stop();
  model.stop();
});
// The one service of this file is not the one of each test; and axe tries a style.
test.use({ expected: /^asked: |Applying inline style/ });

const send = async (method: string, path: string, body: unknown) => {
  const answer = await fetch(service.url + path, { method, body: typeof body === "string" ? body : JSON.stringify(body) });
  expect(answer.status, path).toBeLessThan(300);
  return answer.json() as Promise<any>;
};

/** Sixteen turns of which the eighth and the thirteenth say what the model quotes. */
function transcript(): string {
  const filler = "we talked about the work in the library and the people who come there on every day of the week";
  const turns = Array.from({ length: 16 }, (_, at) => {
    if (at === 7) return "I told my manager the truth and then I contacted every person on the telephone about the books";
    if (at === 12) return "there was a quarrel about the opening hours and so we counted the visitors every Sunday for a month";
    return filler;
  });
  return turns.map((text, at) => `${at % 2 ? "Ada" : "Grace"}: ${text}.`).join("\n\n");
}

/** A second of a square wave, 8 kHz. */
function wav(): Buffer {
  const samples = Buffer.alloc(16_000);
  for (let at = 0; at < 8_000; at += 1) samples.writeInt16LE(at % 80 < 40 ? 4_000 : -4_000, at * 2);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8_000, 24);
  head.writeUInt32LE(16_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}

const rows = (page: Page) => page.getByRole("list", { name: "Interviews" }).getByRole("listitem");

test("twelve interviews are uploaded into a collection, found, compared and deleted", async ({ page }) => {
  test.slow();
  await open(page, service, "/app/collections");
  await expect(page.getByText("No collections yet")).toBeVisible();

  await test.step("a collection is created by the keyboard", async () => {
    await page.getByRole("button", { name: "New collection" }).press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Title").fill("Librarian");
    await dialog.getByLabel("Kind of conversation").selectOption("Job interview");
    await dialog.getByLabel("Names and terms").fill("catalogue");
    expect(await found(page)).toEqual([]);
    await page.keyboard.press("Tab");
    await dialog.getByRole("button", { name: "Save" }).press("Enter");
    await expect(page.getByRole("list", { name: "Collections" }).getByRole("listitem")).toContainText("Librarian");
    expect(await found(page)).toEqual([]);
  });

  await test.step("files are uploaded into it with one form", async () => {
    await page.getByRole("link", { name: "Librarian", exact: true }).click();
    await expect(page).toHaveURL(/collection=/);
    const files = Array.from({ length: 12 }, (_, at) => ({ name: `candidate ${at + 1}.wav`, mimeType: "audio/wav", buffer: wav() }));
    await page.getByLabel("Recordings", { exact: true }).setInputFiles(files);
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByLabel("Collection")).toHaveValue(/.+/);
    await dialog.getByLabel("Tags").fill("first round, remote");
    await dialog.getByRole("button", { name: "Upload 12 files" }).click();
    await expect(rows(page)).toHaveCount(12);
    await expect(rows(page).first()).toContainText("first round");
    // Nothing is under way any more.
    await expect(page.getByRole("list", { name: "Uploads" })).toHaveCount(0);
  });

  const [collection] = (await service.get("/v1/collections")).items;
  for (const title of ["Ada", "Bob"]) {
    const { id } = await send("POST", "/v1/interviews", { title, collection_id: collection.id, recorded_at: "2025-05-04T10:00:00Z" });
    await send("POST", `/v1/interviews/${id}/transcript`, transcript());
    await service.settled(id);
  }
  const { id: other } = await send("POST", "/v1/interviews", { title: "Elsewhere", kind: "journalism" });

  await test.step("the list is filtered", async () => {
    await open(page, service);
    await expect(rows(page)).toHaveCount(15);
    await page.getByRole("button", { name: "More filters" }).click();
    await page.getByRole("combobox", { name: "Kind", exact: true }).selectOption("Journalism");
    await expect(rows(page)).toHaveCount(1);
    await page.getByRole("combobox", { name: "Kind", exact: true }).selectOption("All kinds");
    await page.getByRole("combobox", { name: "Tag", exact: true }).fill("FIRST round");
    await page.keyboard.press("Enter");
    await expect(rows(page)).toHaveCount(12);
    await page.getByRole("combobox", { name: "Tag", exact: true }).fill("");
    await page.keyboard.press("Tab");
    await page.getByRole("combobox", { name: "Collection", exact: true }).selectOption("Librarian");
    await expect(rows(page)).toHaveCount(14);
    await page.getByLabel("From").fill("2025-05-01");
    await page.getByLabel("To", { exact: true }).fill("2025-05-31");
    await expect(rows(page)).toHaveCount(2);
    await expect(page).toHaveURL(/from=2025-05-01/);
    expect(await found(page)).toEqual([]);
    await page.reload();
    await expect(rows(page)).toHaveCount(2);
  });

  await test.step("several are tagged and moved at once", async () => {
    await page.getByLabel("Select all that are shown").check();
    await expect(page.getByText("2 interviews selected")).toBeVisible();
    await page.getByLabel("Tag for the selected interviews").fill("second round");
    await page.keyboard.press("Enter");
    await expect(rows(page).nth(1)).toContainText("second round");
    expect(await found(page)).toEqual([]);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page
        .getByText("Export")
        .click()
        .then(() => page.getByRole("button", { name: "Analyses (JSON)" }).click()),
    ]);
    expect(JSON.parse(readFileSync(await download.path(), "utf8"))).toHaveLength(2);
  });

  await test.step("the collection is compared", async () => {
    await page.getByRole("link", { name: "Collections" }).click();
    await page.getByRole("link", { name: "Compare the interviews of Librarian" }).click();
    const table = page.getByRole("table", { name: "Comparison of Librarian" });
    const ada = table.getByRole("row").filter({ has: page.getByRole("link", { name: "Ada", exact: true }) });
    await expect(ada).toContainText("5 of 5");
    await expect(ada).toContainText("told my manager the truth");
    await expect(table.getByRole("row").filter({ hasText: "candidate 1" }).first()).toContainText("Not analysed yet");
    expect(await found(page)).toEqual([]);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page
        .getByText("Download")
        .click()
        .then(() => page.getByRole("button", { name: "Table (CSV)" }).click()),
    ]);
    expect(readFileSync(await download.path(), "utf8")).toContain("told my manager the truth");
    const link = ada.getByRole("link", { name: /^Listen to/ }).first();
    const href = await link.getAttribute("href");
    await link.click();
    await expect(page).toHaveURL(new RegExp(href!.replace("?", "\\?")));
    await expect(page.getByRole("heading", { name: "Ada" })).toBeVisible();
  });

  await test.step("several are deleted, undone, and deleted", async () => {
    await open(page, service, `/app?collection=${collection.id}&tag=remote`);
    await expect(rows(page)).toHaveCount(12);
    await page.getByLabel("Select all that are shown").check();
    const bar = page.getByRole("region", { name: "Selected interviews" });
    await bar.getByRole("button", { name: "Delete" }).click();
    await expect(rows(page)).toHaveCount(0);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(rows(page)).toHaveCount(12);
    expect((await service.get("/v1/interviews?tag=remote")).items).toHaveLength(12);
    await page.getByLabel("Select all that are shown").check();
    await bar.getByRole("button", { name: "Delete" }).click();
    await expect(page.getByText("12 interviews deleted")).toBeVisible();
    await expect.poll(async () => (await service.get("/v1/interviews?tag=remote")).items.length).toBe(0);
  });

  await test.step("a deleted collection keeps its interviews", async () => {
    await open(page, service, "/app/collections");
    await page.getByRole("button", { name: "Delete Librarian" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete the collection" }).click();
    await expect(page.getByText("No collections yet")).toBeVisible();
    await expect.poll(async () => (await service.get("/v1/interviews")).items.map((own: any) => own.collection_id)).toEqual([null, null, null]);
    expect((await service.get(`/v1/interviews/${other}`)).title).toBe("Elsewhere");
  });
});
