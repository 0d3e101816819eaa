// Firebase's own client, against a local server that answers as Firebase does.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContext } from "@playwright/test";
import { listening } from "./listening";
import { expect, type Service, test } from "./service";

const PASSWORD = "correct horse";

/** An unsigned ID token, as the emulator gives them. */
function token(user: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  return `${part({ alg: "none" })}.${part({ sub: user, user_id: user, iat: now, exp: now + 3_600 })}.`;
}

/** https://firebase.google.com/docs/reference/rest/auth */
async function firebase(): Promise<Server> {
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const say = (status: number, body: object) => {
      response.writeHead(status, {
        "content-type": "application/json",
        "access-control-allow-origin": "*",
        "access-control-allow-headers": "*",
      });
      response.end(JSON.stringify(body));
    };
    if (request.method === "OPTIONS") return say(200, {});
    const asked = JSON.parse(Buffer.concat(pieces).toString() || "{}") as { password?: string };
    const idToken = token("ada");
    if (request.url?.includes("accounts:signInWithPassword")) {
      if (asked.password !== PASSWORD) return say(400, { error: { code: 400, message: "INVALID_LOGIN_CREDENTIALS" } });
      return say(200, { localId: "ada", email: "ada@example.com", idToken, refreshToken: "refresh", expiresIn: "3600" });
    }
    if (request.url?.includes("accounts:lookup")) {
      return say(200, { users: [{ localId: "ada", email: "ada@example.com", displayName: "Ada" }] });
    }
    return say(404, {});
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return server;
}

test.use({ expected: /^asked: http:\/\/127|status of 400/ });

/** The pages of this context want to know who asks, and ask Firebase. */
async function guarded(context: BrowserContext, service: Service): Promise<Server> {
  // Chromium takes a page that a test has changed for one of the internet.
  await context.grantPermissions(["local-network-access", "microphone"], { origin: service.url });
  const server = await firebase();
  const emulator = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sign_in = { api_key: "key", auth_domain: "lens.firebaseapp.com", project_id: "lens", emulator };
  // The embedded service trusts every client: this test tells the page otherwise.
  await context.route("**/app", async (route) => {
    const answer = await route.fetch();
    const config = JSON.stringify({ local: false, sign_in, public_url: null });
    const body = (await answer.text()).replace(
      /(name="console-config" content=")[^"]*/,
      (_, before: string) => before + config.replaceAll("&", "&amp;").replaceAll('"', "&quot;"),
    );
    const headers = answer.headers();
    headers["content-security-policy"] += ` ${emulator}`;
    await route.fulfill({ response: answer, body, headers });
  });
  return server;
}

test("who signs in is who asks", async ({ page, context, service }) => {
  const server = await guarded(context, service);
  await page.goto(`${service.url}/app`);

  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("main").getByRole("alert")).toHaveText("No account has this address and password.");

  const listed = page.waitForRequest("**/v1/interviews?*");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "No interviews yet" })).toBeVisible();
  expect(await (await listed).headerValue("authorization")).toMatch(/^Bearer ey/);

  const made = await fetch(`${service.url}/v1/interviews`, { method: "POST", body: JSON.stringify({ title: "Grace" }) });
  const { id } = (await made.json()) as { id: string };
  await page.reload();
  // Who signs out cannot delete any more: that is done before.
  await page.getByRole("button", { name: "Delete Grace" }).click();
  await page.getByRole("button", { name: "Sign out Ada" }).click();
  await expect(page.getByLabel("Password")).toBeVisible();
  expect((await fetch(`${service.url}/v1/interviews/${id}`)).status).toBe(404);
  server.closeAllConnections();
  server.close();
});

test("who is signed out in another tab keeps what was recorded in this one", async ({ service }, info) => {
  const browser = await listening(info);
  const context = await browser.newContext();
  const server = await guarded(context, service);
  const page = await context.newPage();
  await page.goto(`${service.url}/app`);
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Record", exact: true }).click();
  await expect(page.getByRole("button", { name: "Stop" })).toContainText(/00:0[2-9]/);
  const other = await context.newPage();
  await other.goto(`${service.url}/app`);
  const saved = page.waitForEvent("download");
  await other.getByRole("button", { name: "Sign out Ada" }).click();
  expect((await saved).suggestedFilename()).toMatch(/^Recording .*\.webm$/);
  await expect(page.getByLabel("Password")).toBeVisible();
  expect((await service.get("/v1/interviews")).items).toEqual([]);
  await browser.close();
  server.closeAllConnections();
  server.close();
});
