// Twelve interviews into a collection, searched, opened at a moment, compared and exported.

import { readFileSync } from "node:fs";
import { Model } from "./model";
import { expect, open, Service, test } from "./service";

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
// The one service of this file is not the one of each test.
test.use({ expected: /^asked: / });

const INTERVIEWS = 12;

const send = async (path: string, body: string) => {
  const answer = await fetch(service.url + path, { method: "POST", body });
  expect(answer.status, path).toBeLessThan(300);
  return answer.json() as Promise<any>;
};

/** Sixteen turns of ten seconds: the eighth and the thirteenth say what the model quotes, and
 * the tenth of one interview what no other says. */
function transcript(number: number): string {
  const filler = "we talked about the work in the library and the people who come there on every day of the week";
  const cues = Array.from({ length: 16 }, (_, at) => {
    const says = new Map([
      [7, "I told my manager the truth and then I contacted every person on the telephone about the books"],
      [9, number === 7 ? "and on Sundays I paddle a blue kayak across the lake" : filler],
      [12, "there was a quarrel about the opening hours and so we counted the visitors every Sunday for a month"],
    ]);
    const time = (seconds: number) => `00:0${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}.000`;
    return `${time(at * 10)} --> ${time(at * 10 + 9)}\n${at % 2 ? "Ada" : "Grace"}: ${says.get(at) ?? filler}.`;
  });
  return `WEBVTT\n\n${cues.join("\n\n")}\n`;
}

test("twelve interviews of a collection are searched, opened at a moment, compared and exported", async ({ page }) => {
  test.slow();
  const { id: collection } = await send("/v1/collections", JSON.stringify({ title: "Librarians" }));
  const ids: string[] = [];
  for (let number = 1; number <= INTERVIEWS; number += 1) {
    const { id } = await send("/v1/interviews", JSON.stringify({ title: `Participant ${number}`, kind: "job_interview" }));
    await send(`/v1/interviews/${id}/transcript`, transcript(number));
    ids.push(id);
  }
  for (const id of ids) expect((await service.settled(id)).status).toBe("completed");
  const rows = page.getByRole("list", { name: "Interviews" }).getByRole("listitem");

  await test.step("they are put into a collection together", async () => {
    await open(page, service);
    await expect(rows).toHaveCount(INTERVIEWS);
    await page.getByRole("button", { name: "More filters" }).click();
    await page.getByLabel("Select all that are shown").check();
    const bar = page.getByRole("region", { name: "Selected interviews" });
    await bar.getByRole("combobox", { name: "Move to a collection" }).selectOption("Librarians");
    await expect(page.getByText(`${INTERVIEWS} interviews changed`)).toBeVisible();
  });

  await test.step("a phrase is searched in the collection, and its hit opens at its moment", async () => {
    await send("/v1/interviews", JSON.stringify({ title: "The blue kayak, elsewhere" }));
    await open(page, service, `/app?collection=${collection}`);
    await expect(rows).toHaveCount(INTERVIEWS);
    await page.getByLabel("Search titles and words").fill('"blue kayak"');
    const region = page.getByRole("region", { name: "Found in interviews" });
    await expect(region.getByRole("heading", { level: 3 })).toContainText(["Participant 7"]);
    const hit = region.locator("a.passage").filter({ hasText: "1:30" }).first();
    await expect(hit.locator("mark")).toHaveText("blue kayak");
    await hit.click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Participant 7");
    const text = page.getByRole("region", { name: "Text of the transcript" });
    await expect(text.locator(".hit")).toHaveText(["blue", "kayak"]);
  });

  await test.step("they are compared, every quote plays at its time, and the table is exported", async () => {
    await open(page, service, `/app/collections/${collection}`);
    const table = page.getByRole("table", { name: "Comparison of Librarians" });
    await expect(table.getByRole("row")).toHaveCount(INTERVIEWS + 1);
    const quotes = table.getByRole("link", { name: /^Listen to/ });
    const hrefs = await quotes.evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
    expect(hrefs.length).toBeGreaterThanOrEqual(2 * INTERVIEWS);
    for (const href of hrefs) {
      const { pathname, searchParams } = new URL(href, service.url);
      const at = Number(searchParams.get("t"));
      const { words } = await service.get(`/v1/interviews/${pathname.split("/").pop()}/transcript`);
      const said = words.filter((own: any) => own.start_ms >= at).slice(0, 3);
      // The model's quotes begin with these words.
      expect(said.map((own: any) => own.text).join(" "), href).toMatch(/^(told my manager|we counted the)/);
    }
    for (const [name, file] of [
      ["Spreadsheet (Excel)", "Librarians.xlsx"],
      ["Report (Word)", "Librarians.docx"],
    ] as const) {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page
          .getByText("Download")
          .click()
          .then(() => page.getByRole("button", { name }).click()),
      ]);
      expect(download.suggestedFilename()).toBe(file);
      expect(readFileSync(await download.path()).subarray(0, 2).toString()).toBe("PK");
    }
    await quotes.first().click();
    await expect(page).toHaveURL(/[?&]t=\d+/);
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Participant");
  });
});
