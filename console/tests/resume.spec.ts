// Uploads through a network that fails, and through a page that is loaded again.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Proxy } from "./proxy";
import { expect, Service, test, upload } from "./service";

const MIB = 1024 * 1024;
const PIECE = 8 * MIB;
/** Three pieces, of which the last is short. */
const LENGTH = 18 * MIB;

/** A minute and a half of silence, on the disk: it is the upload that matters. */
function recording(): string {
  const file = test.info().outputPath("long walk.wav");
  const buffer = Buffer.alloc(LENGTH);
  buffer.write("RIFF");
  buffer.writeUInt32LE(LENGTH - 8, 4);
  buffer.write("WAVEfmt ", 8);
  [16, 0x0002_0001, 48_000, 192_000, 0x0010_0004].forEach((value, at) => buffer.writeUInt32LE(value, 16 + at * 4));
  buffer.write("data", 36);
  buffer.writeUInt32LE(LENGTH - 44, 40);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, buffer);
  return file;
}

/** The interviews, of which there is one, when its recording has been noted. */
async function arrived(service: Service): Promise<any[]> {
  const items = async () => (await service.get("/v1/interviews")).items;
  await expect.poll(async () => (await items())[0].audio.url).toBeTruthy();
  expect(await items()).toHaveLength(1);
  return items();
}

let proxy: Proxy;
let service: Service;

test.beforeEach(async () => {
  proxy = await Proxy.start();
  // It says that it is reached at the proxy, and so it is from here on.
  service = await Service.start({ PUBLIC_URL: proxy.url, PORT: String(proxy.port) });
});
test.afterEach(async () => {
  await service.stop();
  proxy.stop();
});
// The page is reached through the proxy, and a connection is cut.
test.use({ expected: /^asked: |net::ERR_|status of 503/ });

test("an upload goes on after the connection is lost", async ({ page }) => {
  await page.goto(`${proxy.url}/app`);
  proxy.sent = 0;
  proxy.until = PIECE + 2 * MIB;
  await upload(page, recording());
  const row = page.getByRole("list", { name: "Uploads" });
  await expect(row).toContainText("Connection lost. Retrying…");
  await expect(row).toContainText("44% of 19 MB");
  proxy.until = Infinity;
  await expect(row).toBeHidden({ timeout: 60_000 });
  const items = await arrived(service);
  expect(items[0].audio).toMatchObject({ size_bytes: LENGTH, filename: "long walk.wav" });
  // What had arrived whole was not sent again.
  expect(proxy.sent).toBeLessThan(LENGTH + PIECE);
});

test("an upload goes on after the page is loaded again", async ({ page }) => {
  await page.goto(`${proxy.url}/app`);
  proxy.sent = 0;
  proxy.until = PIECE + 2 * MIB;
  const file = recording();
  await upload(page, file);
  await expect(page.getByRole("list", { name: "Uploads" })).toContainText("Connection lost");
  // The page asks whether one really wants to leave while it is sending.
  page.on("dialog", (dialog) => void dialog.accept());
  // The old page sends nothing any more, were it to try just now.
  await page.route("**/*", (route) => (route.request().method() === "PUT" ? undefined : route.continue()));
  proxy.until = Infinity;
  await page.reload();
  await page.unrouteAll();
  const before = proxy.sent;
  const left = page.getByRole("listitem").filter({ hasText: "Paused" });
  await expect(left).toContainText("long walk.wav");
  const other = { name: "other.wav", mimeType: "audio/wav", buffer: Buffer.from("another") };
  await left.getByLabel("The file long walk.wav").setInputFiles(other);
  await expect(page.getByText("That's not the same file as “long walk.wav”")).toBeVisible();
  await left.getByLabel("The file long walk.wav").setInputFiles(file);
  await expect(page.getByRole("list", { name: "Uploads" })).toBeHidden({ timeout: 60_000 });
  await arrived(service);
  expect(proxy.sent - before).toBeLessThan(LENGTH - PIECE + MIB);
});

test("an answer that is lost does not make a second interview", async ({ page }) => {
  await page.goto(`${proxy.url}/app`);
  let lost = 0;
  let goOn = () => {};
  const seen = new Promise<void>((done) => (goOn = done));
  await page.route("**/v1/interviews", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    if (lost > 0) return seen.then(() => route.continue());
    lost += 1;
    // The service creates it, but the page loses the response.
    expect((await route.fetch()).status()).toBe(201);
    await route.fulfill({ status: 503, json: { title: "Not now", status: 503 } });
  });
  await upload(page, recording());
  const row = page.getByRole("list", { name: "Uploads" });
  await expect(row).toContainText("Retrying");
  goOn();
  await expect(row).toBeHidden({ timeout: 60_000 });
  expect(lost).toBe(1);
  await arrived(service);
});
