// The themes across a collection, with quotes that lead to their moment.

import { join } from "node:path";
import { found } from "./axe";
import { expect, open, type Service, test } from "./service";

const FOLDER = process.env["THEMES_PICTURES"];

const SAID = [
  "I built a small wooden boat with my sister in the garden of our parents.",
  "We repaired the old wooden boat of my father before the long winter came.",
  "None of us in this village would ever think of buying a boat these days.",
];

async function post(service: Service, path: string, body: string): Promise<{ id: string }> {
  const answer = await fetch(service.url + path, { method: "POST", body });
  expect(answer.status, path).toBe(201);
  return answer.json() as Promise<{ id: string }>;
}

/** An interview of the collection in which this is said at a minute and five seconds. */
async function member(service: Service, collection: string, title: string, said: string): Promise<string> {
  const { id } = await post(service, "/v1/interviews", JSON.stringify({ title, collection_id: collection }));
  const text = `WEBVTT

00:00:01.000 --> 00:00:04.000
Grace Hopper: What did you do in the last summer?

00:01:05.000 --> 00:01:15.000
Zoë Müller: ${said}
`;
  await post(service, `/v1/interviews/${id}/transcript`, text);
  await service.settled(id);
  return id;
}

test("themes are found, lead to their quotes, and say when they are out of date", async ({ page, service }) => {
  const { id: collection } = await post(service, "/v1/collections", JSON.stringify({ title: "Sailors" }));
  const ids: string[] = [];
  for (const [at, said] of SAID.entries()) ids.push(await member(service, collection, `Talk ${at + 1}`, said));
  await open(page, service, `/app/collections/${collection}`);
  const themes = page.getByRole("region", { name: "Themes" });
  await themes.getByRole("button", { name: "Find themes" }).click();

  const boat = themes.getByRole("article").filter({ has: page.getByRole("heading", { name: "Boat", exact: true }) });
  await expect(boat).toContainText("Supported by 3 interviews");
  await expect(boat.getByRole("listitem")).toHaveCount(3);
  await expect(themes).toContainText("Made by extractive from 3 interviews");
  await expect(themes).toContainText("no language model is connected");
  expect(await found(page)).toEqual([]);
  if (FOLDER) await page.screenshot({ path: join(FOLDER, "themes.png"), fullPage: true });
  if (FOLDER) {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({ path: join(FOLDER, "themes-phone.png"), fullPage: true });
    await page.setViewportSize({ width: 1280, height: 860 });
  }

  await test.step("a quote leads to its moment", async () => {
    await boat.getByRole("link", { name: /Listen to Zoë Müller 01:05/ }).first().click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Talk");
    expect(new URL(page.url()).searchParams.get("t")).toBe("65000");
    await page.goBack();
    await expect(boat).toContainText("Supported by 3 interviews");
  });

  await test.step("another interview makes them out of date, a deleted one leaves nothing", async () => {
    await member(service, collection, "Talk 4", "I never sailed a boat at all in my whole life.");
    const gone = await fetch(`${service.url}/v1/interviews/${ids[0]}`, { method: "DELETE" });
    expect(gone.status).toBe(204);
    await page.reload();
    await expect(themes).toContainText("Out of date: 1 interview added, 1 interview removed or deleted");
    await expect(boat).toContainText("Supported by 2 interviews");
    await expect(boat).not.toContainText("with my sister");
    await expect(boat).toContainText("The summary was deleted");
    await themes.getByRole("button", { name: "Find them again" }).click();
    await expect(boat).toContainText("Supported by 3 interviews");
    await expect(themes).not.toContainText("Out of date");
  });
});
