// The page and the client of uploads where the browser keeps nothing: storage is only for resuming.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "@playwright/test";
import { expect, open, SAMPLE, test } from "./service";

const source = readFileSync(resolve(import.meta.dirname, "../../docs/clients/upload.js"), "utf8");
const client: typeof import("../../docs/clients/upload.js") = await import(
  `data:text/javascript,${encodeURIComponent(source)}`
);

/** Replaces the storage of a page or of this process. */
function replaceStorage(mode: string): void {
  const fail = (name: string) => () => {
    throw new DOMException(`storage is ${mode}`, name);
  };
  const storage = { getItem: () => null as string | null, setItem: () => {}, removeItem: () => {} };
  if (mode === "full") storage.setItem = fail("QuotaExceededError");
  if (mode === "broken") storage.getItem = () => '{"name":';
  if (mode === "foreign") storage.getItem = () => "7";
  const value = mode === "absent" ? undefined : storage;
  const get = mode === "blocked" ? fail("SecurityError") : () => value;
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get });
  // Browsers block both together.
  if (mode === "blocked" && typeof window !== "undefined") {
    const locks = { query: async () => fail("SecurityError")(), request: async () => fail("SecurityError")() };
    Object.defineProperty(navigator, "locks", { configurable: true, get: () => locks });
  }
}

async function replaceStorageOf(page: Page, mode: string): Promise<void> {
  await page.addInitScript(`(${replaceStorage.toString()})(${JSON.stringify(mode)})`);
}

for (const mode of ["absent", "blocked", "full", "broken", "foreign"]) {
  test(`the client uploads where storage is ${mode}`, async ({ service }) => {
    const before = Object.getOwnPropertyDescriptor(globalThis, "localStorage");
    replaceStorage(mode);
    try {
      const file = new File([readFileSync(SAMPLE)], `${"long ".repeat(60)}\n${mode}.flac`, { type: "audio/flac" });
      const interview = await client.upload(file, { api: service.url });
      const { audio, title } = await service.get(`/v1/interviews/${interview.id}`);
      expect(audio.size_bytes).toBe(file.size);
      expect(title).toContain(` ${mode}.flac`);
      expect(client.unfinished(client.ownStorage())).toEqual([]);
    } finally {
      if (before) Object.defineProperty(globalThis, "localStorage", before);
      else Reflect.deleteProperty(globalThis, "localStorage");
    }
  });
}

test("an upload without storage is resumed within the page", async ({ service }) => {
  const file = new File([readFileSync(SAMPLE)], "resumed.flac", { type: "audio/flac" });
  const controller = new AbortController();
  const ids: string[] = [];
  const options = { api: service.url, onCreated: ({ id }: { id: string }) => void ids.push(id) };
  const stopped = client.upload(file, { ...options, signal: controller.signal, onProgress: () => controller.abort() });
  await stopped.catch(() => {});
  const again = await client.upload(file, options);
  expect(new Set(ids)).toEqual(new Set([again.id]));
});

for (const mode of ["blocked", "full", "broken"]) {
  test(`the page works where storage is ${mode}`, async ({ page, service }) => {
    await replaceStorageOf(page, mode);
    await open(page, service);
    await page.getByLabel("Recordings", { exact: true }).setInputFiles(SAMPLE);
    await page.getByLabel("Kind of conversation").selectOption("Journalism");
    await page.getByRole("button", { name: "Upload 1 file" }).click();
    const row = page.getByRole("list", { name: "Interviews" }).getByRole("listitem");
    await expect(row).toContainText("Journalism");
    await expect.poll(async () => (await service.get("/v1/interviews")).items[0]?.audio.url).toBeTruthy();
    await expect(page.getByRole("list", { name: "Uploads" })).toBeHidden();
    await row.getByRole("link").first().click();
    await expect(page.getByRole("main")).toContainText("Journalism");
  });
}
