// A transcript is corrected; what was made of it says that it is out of date, and is made
// anew.

import type { Page } from "@playwright/test";
import { found } from "./axe";
import { Model } from "./model";
import { expect, open, Service, test } from "./service";
import { talk } from "./talk";

let model: Model;
let service: Service;

test.beforeAll(async () => {
  model = await Model.start();
  service = await Service.start(model.settings);
});
test.afterAll(async () => {
  await service.stop();
  model.stop();
});
// The one service of this file is not the one of each test; and axe tries a style.
test.use({ expected: /^asked: |Applying inline style|status of 409/ });

const textOf = (page: Page) => page.getByRole("region", { name: "Text of the transcript" });
/** Clicks a word, wherever it is in the text: only what is in sight is in the document. */
async function click(page: Page, said: string): Promise<void> {
  const found = textOf(page).getByText(said, { exact: true }).first();
  await expect(async () => {
    for (let screens = 0; !(await found.count()) && screens < 40; screens += 1) {
      await textOf(page).evaluate((text) => {
        const isEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - 1;
        text.scrollTop = isEnd ? 0 : text.scrollTop + text.clientHeight / 2;
        return new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      });
    }
    await found.click({ timeout: 2_000 });
  }).toPass();
}

const selected = (page: Page) => textOf(page).locator("[data-selected]");

async function begin(page: Page, id: string, query = ""): Promise<void> {
  await open(page, service, `/app/interviews/${id}${query}`);
  await expect(textOf(page)).toContainText("public library");
  await page.getByRole("button", { name: "Correct", exact: true }).click();
}

/** Selects a word by the mouse and types another text in its place. */
async function correct(page: Page, said: string, by: string): Promise<void> {
  await click(page, said);
  await expect(selected(page)).toHaveText([said]);
  await page.keyboard.press("Enter");
  await page.getByLabel("Text of the selected words").fill(by);
  await page.keyboard.press("Enter");
}

/** How many of the quotes match the transcript. */
async function matching(page: Page): Promise<number> {
  const shown = await page.locator(".validity").textContent();
  return Number(shown?.match(/^(\d+) of/)?.[1]);
}

const wordsOf = async (id: string, revision?: number) => {
  const { words } = await service.get(`/v1/interviews/${id}/transcript${revision === undefined ? "" : `?revision=${revision}`}`);
  return (words as { text: string; speaker: number; start_ms: number }[]).map(({ text, speaker, start_ms }) => [text, speaker, start_ms]);
};

test("words, turns and speakers are corrected, and what is made of them follows", async ({ page }) => {
  const id = await talk(service, "Ada", { kind: "job_interview" });
  await begin(page, id);
  const before = await matching(page);
  expect(before).toBeGreaterThan(3);

  await test.step("three words, by mouse and keyboard", async () => {
    await correct(page, "library.", "bookshop.");
    await expect(selected(page)).toHaveText(["bookshop."]);
    await expect(textOf(page)).toBeFocused();
    await correct(page, "manager", "boss");
    await expect(selected(page)).toHaveText(["boss"]);
    await expect(textOf(page)).toBeFocused();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Shift+ArrowRight");
    await expect(selected(page)).toHaveText(["the", "truth."]);
    await page.keyboard.press("Enter");
    await page.keyboard.type("everything.");
    await page.keyboard.press("Enter");
    await expect(selected(page)).toHaveText(["everything."]);
    await expect(textOf(page)).toContainText("First I told my boss everything.");
    await expect(textOf(page)).toBeFocused();
  });

  await test.step("quotes are looked up again, and the analysis is stale", async () => {
    await expect.poll(() => matching(page)).toBeLessThan(before);
    await expect(page.getByText("The analysis and the report are out of date: the transcript was corrected")).toBeVisible();
  });

  await test.step("a word is inserted, and one deleted", async () => {
    await page.keyboard.press("i");
    await page.getByLabel("Text after “everything.”").fill("At once.");
    await page.keyboard.press("Enter");
    await expect(selected(page)).toHaveText(["At", "once."]);
    await expect(textOf(page)).toBeFocused();
    await page.keyboard.press("Delete");
    await expect(textOf(page)).not.toContainText("At once.");
    await expect(textOf(page)).toBeFocused();
  });

  await test.step("a turn is divided, joined, and given to another speaker", async () => {
    const turns = async () => (await service.get(`/v1/interviews/${id}/transcript`)).turns.length;
    const number = await turns();
    await click(page, "After");
    await page.keyboard.press("s");
    await expect.poll(turns).toBe(number + 1);
    await expect(page.getByText("Saved", { exact: true })).toBeVisible();
    await page.keyboard.press("m");
    await expect.poll(turns).toBe(number);
    await expect(page.getByText("Saved", { exact: true })).toBeVisible();
    await textOf(page).evaluate((text) => (text.scrollTop = 0));
    await page.getByRole("button", { name: "Select turn of interviewer at 00:15" }).click();
    await expect(selected(page).first()).toHaveText("What");
    await page.keyboard.press("2");
    await expect(page.getByRole("button", { name: "Select turn of interviewer at 00:15" })).toBeHidden();
    await expect(selected(page).first()).toHaveText("What");
  });

  await test.step("words are given to a new speaker, who is then merged", async () => {
    await click(page, "Could");
    await page.keyboard.press("Shift+End");
    await page.getByText("Give to", { exact: true }).click();
    await page.getByRole("button", { name: "A new speaker" }).click();
    await expect(page.getByRole("button", { name: "Rename Speaker 3" })).toBeVisible();
    await page.getByRole("button", { name: "Merge speakers" }).click();
    await page.locator(".correct select").first().selectOption("Speaker 3");
    await page.locator(".correct select").last().selectOption("interviewer");
    await page.getByRole("button", { name: "Merge", exact: true }).click();
    await expect(page.getByRole("button", { name: "Rename Speaker 3" })).toBeHidden();
  });

  await test.step("a text is replaced everywhere", async () => {
    await page.getByRole("button", { name: "Find and replace" }).click();
    await page.getByRole("textbox", { name: "Find" }).fill("list");
    await page.getByLabel("Replace with").fill("catalogue");
    const places = Number((await page.getByText(/^\d+ places?$/).textContent())!.split(" ")[0]);
    expect(places).toBeGreaterThan(1);
    await page.getByRole("button", { name: "Replace all" }).click();
    await expect(page.getByText(`Replaced in ${places} places`)).toBeVisible();
    // "listen" is another word.
    await click(page, "listen");
    await click(page, "catalogue");
    await expect(page.getByText("Not found")).toBeVisible();
  });

  await test.step("the analysis is run again, and the report follows", async () => {
    const asked = model.asked;
    await page.getByRole("button", { name: "Run analysis again" }).click();
    await expect(page.getByText("out of date")).toBeHidden();
    expect(model.asked).toBeGreaterThan(asked);
    await page.getByText("Earlier results").click();
    const runs = page.getByRole("list", { name: "Earlier results" }).getByRole("listitem");
    await expect(runs).toHaveCount(2);
    await runs.nth(1).getByRole("button", { name: "Show this one" }).click();
    await expect(runs.nth(1)).toContainText("Shown");
    await expect(page.getByText("out of date")).toBeVisible();
    await runs.nth(0).getByRole("button", { name: "Show this one" }).click();
    await expect(page.getByText("out of date")).toBeHidden();
    await expect(page.getByRole("region", { name: "Progress" })).toBeHidden();
  });

  await test.step("the person assesses, and updates the report", async () => {
    const rating = page.getByRole("group", { name: "Your rating of ownership" });
    await rating.getByLabel("3").check();
    await page.getByLabel("Comment on ownership").fill("Mentioned it late.");
    await page.getByLabel("Decision").fill("Second round");
    await page.getByLabel("Your name").fill("Grace");
    await page.getByRole("button", { name: "Save assessment" }).click();
    await expect(page.getByText(/^Saved .*version 1/)).toBeVisible();
    await expect(page.getByText("The report is out of date: your assessment was changed")).toBeVisible();
    await page.getByRole("button", { name: "Update report" }).click();
    await expect(page.getByText("The report is out of date")).toBeHidden();
    const report = await (await fetch(`${service.url}/v1/interviews/${id}/report.html`)).text();
    expect(report).toContain("Second round");
    expect(report).toContain("catalogue");
    await page.reload();
    await expect(page.getByRole("group", { name: "Your rating of ownership" }).getByLabel("3")).toBeChecked();
    await expect(page.getByLabel("Decision")).toHaveValue("Second round");
  });

  await test.step("everything is undone", async () => {
    await page.getByRole("button", { name: "Correct", exact: true }).click();
    await page.getByRole("button", { name: "History" }).click();
    const history = page.getByRole("list", { name: "History" });
    await expect(history).toContainText("Text changed to “boss”");
    await page.getByRole("button", { name: "Undo everything" }).click();
    await expect(page.getByText("All corrections undone")).toBeVisible({ timeout: 60_000 });
    await click(page, "manager");
    await expect(textOf(page)).toContainText("First I told my manager the truth.");
    expect(await wordsOf(id)).toEqual(await wordsOf(id, 0));
  });
});

test("two people who correct at once lose nothing", async ({ page, context }) => {
  const id = await talk(service, "Boat");
  const other = await context.newPage();
  for (const one of [page, other]) {
    await begin(one, id);
    // Neither tells the other, as two people's browsers would not.
    await one.evaluate(() => (BroadcastChannel.prototype.postMessage = () => {}));
  }
  await click(page, "library.");
  await page.keyboard.press("Enter");
  await page.getByLabel("Text of the selected words").fill("bookshop.");
  await correct(other, "library.", "museum.");
  await expect(selected(other)).toHaveText(["museum."]);

  await page.keyboard.press("Enter");
  const conflict = page.getByRole("alert").filter({ hasText: "Yours is not saved yet" });
  await expect(conflict).toContainText("You typed “bookshop.”.");
  await expect(conflict).toContainText("The words now read “museum.”.");
  await expect(textOf(page)).toContainText("museum.");
  await conflict.getByRole("button", { name: "Apply mine again" }).click();
  await expect(textOf(page)).toContainText("public bookshop.");
  await expect(conflict).toBeHidden();

  // The other one is behind now, at another place.
  await correct(other, "computer.", "tablet.");
  const theirs = other.getByRole("alert").filter({ hasText: "Yours is not saved yet" });
  await theirs.getByRole("button", { name: "Apply mine again" }).click();
  await expect(textOf(other)).toContainText("how to use a tablet.");
  await expect(textOf(other)).toContainText("public bookshop.");
  const { items } = await service.get(`/v1/interviews/${id}/transcript/history`);
  expect(items.map(({ operations }: any) => operations[0].text)).toEqual(["tablet.", "bookshop.", "museum."]);
});

test("words that are gone leave what was typed", async ({ page, context }) => {
  const id = await talk(service, "Gone");
  const other = await context.newPage();
  for (const one of [page, other]) {
    await begin(one, id);
    await one.evaluate(() => (BroadcastChannel.prototype.postMessage = () => {}));
  }
  await click(page, "public");
  await page.keyboard.press("Enter");
  await page.getByLabel("Text of the selected words").fill("private");
  await click(other, "public");
  await other.keyboard.press("Delete");
  await expect(textOf(other)).toContainText("I work in a library.");
  await page.keyboard.press("Enter");
  const conflict = page.getByRole("alert").filter({ hasText: "Yours is not saved yet" });
  await expect(conflict).toContainText("are gone");
  await click(page, "library.");
  await conflict.getByRole("button", { name: "Apply mine again" }).click();
  await expect(textOf(page)).toContainText("I work in a private");
});

test("what one tab corrects is seen in the other, and undone there", async ({ page, context }) => {
  const id = await talk(service, "Tabs");
  const other = await context.newPage();
  for (const one of [page, other]) await begin(one, id);
  await correct(page, "library.", "museum.");
  await expect(textOf(other)).toContainText("public museum.");
  await textOf(other).focus();
  await other.keyboard.press("Control+z");
  await expect(textOf(page)).toContainText("public library.");
});

for (const [device, viewport] of [
  ["desktop", { width: 1280, height: 860 }],
  ["phone", { width: 390, height: 780 }],
  ["200 % zoom", { width: 640, height: 430 }],
] as const) {
  for (const scheme of ["light", "dark"] as const) {
    test.describe(`${device}, ${scheme}`, () => {
      test.use({ viewport, colorScheme: scheme });

      test("correcting is accessible and fits", async ({ page }) => {
        const id = await talk(service, "Fits", { kind: "job_interview" });
        await begin(page, id, device === "desktop" ? "" : "?pane=transcript");
        const fits = async () => {
          // At its end the page has nothing below the player.
          await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
          expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
          expect(await found(page)).toEqual([]);
        };
        await fits();
        await correct(page, "library.", "bookshop.");
        await expect(selected(page)).toHaveText(["bookshop."]);
        await expect(page.getByText("out of date:")).toBeVisible();
        await fits();
        await page.keyboard.press("Enter");
        await fits();
        await page.keyboard.press("Escape");
        await expect(textOf(page)).toBeFocused();
        for (const panel of ["Find and replace", "Merge speakers", "Keys", "History"]) {
          await page.getByRole("button", { name: panel }).click();
          await fits();
        }
        await page.getByText("Give to", { exact: true }).click();
        await expect(page.getByRole("button", { name: "A new speaker" })).toBeInViewport();
        await fits();
        await page.getByRole("tab", { name: "Scorecard" }).click();
        await expect(page.getByRole("group", { name: "Your rating of ownership" })).toBeVisible();
        await page.getByText("Earlier results").click();
        await expect(page.getByRole("list", { name: "Earlier results" })).toBeVisible();
        await fits();
      });
    });
  }
}
