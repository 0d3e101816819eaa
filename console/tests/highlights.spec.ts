// Passages of a transcript are highlighted, quoted, downloaded, and listed across a collection.

import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { found } from "./axe";
import { Recognizer } from "./recognizer";
import { expect, open, position, Service, test } from "./service";

/** A word each quarter of a second, in turns of ten and of many words. */
const [WORDS, SECONDS, RATE] = [120, 30, 8_000];

let recognizer: Recognizer;
let service: Service;

test.beforeAll(async () => {
  recognizer = await Recognizer.start(WORDS, SECONDS);
  service = await Service.start(recognizer.settings);
});
test.afterAll(async () => {
  await service.stop();
  recognizer.stop();
});
// The one service of this file is not the one of each test; and axe tries a style.
test.use({ expected: /^asked: |Applying inline style|status of 503/, permissions: ["clipboard-read", "clipboard-write"] });

/** A square wave of so many seconds. */
function wav(seconds: number): Blob {
  const samples = Buffer.alloc(seconds * RATE * 2);
  for (let at = 0; at < seconds * RATE; at += 1) samples.writeInt16LE(at % 80 < 40 ? 4_000 : -4_000, at * 2);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples.length, 40);
  return new Blob([new Uint8Array(Buffer.concat([head, samples]))], { type: "audio/wav" });
}

const send = async (method: string, path: string, body: unknown) => {
  const answer = await fetch(service.url + path, { method, body: JSON.stringify(body) });
  expect(answer.status, path).toBeLessThan(300);
  return answer.json() as Promise<any>;
};

/** A finished interview with its recording; answers its id. */
async function recorded(title: string): Promise<string> {
  const id = await service.submit(wav(SECONDS), "a.wav", { title });
  expect((await service.settled(id)).status).toBe("completed");
  return id;
}

const highlightsOf = async (id: string) => (await service.get(`/v1/interviews/${id}/highlights`)).items as any[];
const textOf = (page: Page) => page.getByRole("region", { name: "Text of the transcript" });
const word = (page: Page, at: number) => textOf(page).locator(`[data-w="${at}"]`);
const bar = (page: Page) => page.getByRole("region", { name: "Selected passage" });
const list = (page: Page) => page.getByRole("list", { name: "Highlights" });

/** Selects words as a person does: the first one by two clicks, up to another one by a third. */
async function select(page: Page, from: number, to: number): Promise<void> {
  await word(page, from).dblclick();
  await word(page, to).click({ modifiers: ["Shift"] });
  await expect(bar(page)).toContainText(`${to - from + 1} words`);
  await expect(textOf(page).locator("[data-marking]")).toHaveCount(to - from + 1);
}

test("a passage is highlighted by the mouse, quoted and downloaded", async ({ page }) => {
  const id = await recorded("Ada, first round");
  const { words } = await service.get(`/v1/interviews/${id}/transcript`);
  const said = words.slice(12, 18).map((own: any) => own.text).join(" ");
  await open(page, service, `/app/interviews/${id}`);
  await select(page, 12, 17);
  expect(await found(page)).toEqual([]);

  await test.step("quoted", async () => {
    await bar(page).getByRole("button", { name: "Copy as quotation" }).click();
    await expect(page.getByText("Quotation copied")).toBeVisible();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(`“${said}” — Speaker 2, Ada, first round, 00:03, ${service.url}/app/interviews/${id}?t=${words[12].start_ms}`);
  });

  await test.step("downloaded", async () => {
    const [from, to] = [words[12].start_ms, words[17].end_ms];
    for (const [format, name] of [["wav", "Audio (WAV)"], ["m4a", "Audio (M4A)"]] as const) {
      const download = page.waitForEvent("download");
      await bar(page).getByRole("button", { name }).click();
      const file = await download;
      expect(file.suggestedFilename()).toBe(`Ada, first round 00-03.${format}`);
      const bytes = await readFile(await file.path());
      if (format === "wav") expect(bytes.length).toBe(44 + 2 * Math.round(((to - from) * RATE) / 1_000));
      else expect(bytes.subarray(4, 8).toString()).toBe("ftyp");
    }
  });

  await test.step("highlighted", async () => {
    await bar(page).getByLabel("Tags").fill("boats, first round, Boats");
    await bar(page).getByRole("button", { name: "Highlight", exact: true }).click();
    await expect(page.getByText("Highlighted", { exact: true })).toBeVisible();
    await expect(bar(page)).toHaveCount(0);
    await expect(textOf(page).locator("[data-marked]")).toHaveCount(6);
    const [made] = await highlightsOf(id);
    expect(made).toMatchObject({ text: said, from: "w12", to: "w17", tags: ["boats", "first round"] });
  });

  await test.step("it follows a correction", async () => {
    const operations = [{ op: "replace_words", from: "w13", to: "w13", text: "schooner" }];
    await send("PATCH", `/v1/interviews/${id}/transcript`, { base_revision: 0, operations });
    await page.reload();
    await expect(word(page, 13)).toHaveText("schooner");
    await expect(textOf(page).locator("[data-marked]")).toHaveCount(6);
    await page.getByRole("tab", { name: "Notes" }).click();
    await expect(list(page).getByRole("listitem")).toContainText("schooner");
    await expect(list(page).getByRole("listitem")).toContainText("corrected since");
  });
});

test("highlights are made by keys, and listed, changed and deleted", async ({ page }) => {
  const id = await recorded("Grace");
  await send("POST", `/v1/interviews/${id}/highlights`, { from: "w40", to: "w44", tags: ["later"] });
  await open(page, service, `/app/interviews/${id}?pane=notes`);
  await expect(list(page).getByRole("listitem")).toHaveCount(1);

  await test.step("by keys", async () => {
    await expect(textOf(page)).toBeVisible();
    await page.keyboard.press("h");
    await expect(textOf(page)).toBeFocused();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("Shift+ArrowRight");
    await expect(textOf(page).locator("[data-marking]")).toHaveCount(3);
    await page.keyboard.press("Enter");
    await expect(bar(page).getByLabel("Tags")).toBeFocused();
    await page.keyboard.type("sooner");
    await page.keyboard.press("Enter");
    await expect(list(page).getByRole("listitem")).toHaveCount(2);
    await expect(textOf(page)).toBeFocused();
    expect(await highlightsOf(id)).toMatchObject([{ from: "w1", to: "w3", tags: ["sooner"] }, { tags: ["later"] }]);
  });

  await test.step("Escape leaves the text as it was", async () => {
    await page.keyboard.press("h");
    await page.keyboard.press("Enter");
    await expect(bar(page).getByLabel("Tags")).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(bar(page)).toHaveCount(0);
    await expect(textOf(page)).toBeFocused();
  });

  const [first, second] = [list(page).getByRole("listitem").first(), list(page).getByRole("listitem").nth(1)];
  await test.step("played", async () => {
    await second.getByRole("button", { name: "Play from 00:10" }).click();
    await expect.poll(() => position(page)).toBeGreaterThanOrEqual(10_000);
  });

  await test.step("tags are changed", async () => {
    await first.getByRole("button", { name: /^Change the tags/ }).click();
    await first.getByLabel("Tags").fill("boats, family");
    await page.keyboard.press("Enter");
    await expect(first.locator(".tag")).toHaveText(["boats", "family"]);
    expect((await highlightsOf(id))[0].tags).toEqual(["boats", "family"]);
    expect(await found(page)).toEqual([]);
  });

  await test.step("deleted", async () => {
    await first.getByRole("button", { name: /^Delete the highlight/ }).click();
    await expect(list(page).getByRole("listitem")).toHaveCount(1);
    expect(await highlightsOf(id)).toMatchObject([{ tags: ["later"] }]);
  });
});

test("a highlight that was not saved keeps its tags, and is saved once", async ({ page }) => {
  const id = await recorded("Bob");
  await open(page, service, `/app/interviews/${id}`);
  await select(page, 2, 4);
  await bar(page).getByLabel("Tags").fill("kept");
  await page.route(/\/highlights(\?|$)/, async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    // The answer is lost.
    await route.fetch();
    await route.fulfill({ status: 503, json: { title: "Not now", status: 503 } });
  });
  await page.keyboard.press("Enter");
  await expect(bar(page)).toContainText("Couldn't save the highlight. Not now");
  await expect(bar(page).getByLabel("Tags")).toHaveValue("kept");
  await page.unrouteAll();
  await bar(page).getByRole("button", { name: "Highlight", exact: true }).click();
  await expect(bar(page)).toHaveCount(0);
  expect(await highlightsOf(id)).toHaveLength(1);
});

test("highlights of a collection are listed, filtered and opened", async ({ page }) => {
  const { id: collection } = await send("POST", "/v1/collections", { title: "Librarian" });
  for (const [title, tag] of [["Ada", "boats"], ["Grace", "books"]] as const) {
    const id = await recorded(title);
    await send("PATCH", `/v1/interviews/${id}`, { collection_id: collection });
    await send("POST", `/v1/interviews/${id}/highlights`, { from: "w20", to: "w23", tags: [tag] });
  }
  await open(page, service, `/app/collections/${collection}`);
  await expect(list(page).getByRole("listitem")).toContainText(["Grace", "Ada"]);
  expect(await found(page)).toEqual([]);
  await page.getByRole("button", { name: "boats", exact: true }).click();
  await expect(list(page).getByRole("listitem")).toHaveCount(1);
  await expect(page.getByLabel("Show those with the tag")).toHaveValue("boats");
  await page.getByLabel("Show those with the tag").fill("nothing");
  await page.keyboard.press("Enter");
  await expect(page.getByText("No highlights with the tag “nothing”.")).toBeVisible();
  await page.getByLabel("Show those with the tag").fill("");
  await page.keyboard.press("Enter");
  await list(page).getByRole("link", { name: /in Ada$/ }).click();
  await expect(page.getByRole("heading", { name: "Ada" })).toBeVisible();
  await expect.poll(() => position(page)).toBeGreaterThanOrEqual(5_000);
});

test("a highlight is shared with its own part of the recording", async ({ page, browser }) => {
  const id = await recorded("A shared one");
  const made = await send("POST", `/v1/interviews/${id}/highlights`, { from: "w4", to: "w7" });
  await open(page, service, `/app/interviews/${id}?pane=notes`);
  await list(page).getByRole("button", { name: /^Share “/ }).press("Enter");
  const dialog = page.getByRole("dialog", { name: "Share this highlight" });
  await dialog.getByLabel("With this part of the recording").check();
  await dialog.getByRole("button", { name: "Make a link" }).press("Enter");
  const link = await dialog.getByLabel("Link: Highlight, with the recording", { exact: true }).inputValue();
  expect(await found(page)).toEqual([]);

  const stranger = await browser.newContext();
  const shared = await stranger.newPage();
  expect((await shared.goto(link))!.status()).toBe(200);
  await expect(shared.getByRole("blockquote")).toHaveText(made.text);
  await expect(shared.getByText("A shared one")).toBeVisible();
  const lengthOf = () => shared.locator("audio").evaluate((audio: HTMLAudioElement) => audio.duration * 1_000);
  await expect.poll(lengthOf).toBeCloseTo(made.end_ms - made.start_ms, -1);

  await dialog.getByRole("button", { name: "Close" }).click();
  await list(page).getByRole("button", { name: /^Delete the highlight/ }).click();
  await expect(list(page)).toHaveCount(0);
  await expect.poll(async () => (await shared.reload())!.status()).toBe(404);
  await stranger.close();
});
