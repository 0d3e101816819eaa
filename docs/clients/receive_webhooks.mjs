// Receives webhooks and verifies them, with nothing but Node.js.
//
//     WEBHOOK_SECRET=whsec_… node docs/clients/receive_webhooks.mjs
//
// PORT is where to listen; without it, on a free port. Prints its address first and
// then a line for each webhook. Standard Webhooks (https://www.standardwebhooks.com):
// the signature is HMAC-SHA256 over "id.timestamp.body" with the secret.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

// Several while one is being replaced.
const KEYS = process.env.WEBHOOK_SECRET.split(" ").map((secret) =>
  Buffer.from(secret.replace(/^whsec_/, ""), "base64"),
);
const TOLERANCE_SECONDS = 300;
const MAX_BODY = 1 << 20;

/** Whether one of the signatures was made with one of our secrets, lately. */
export function verified(headers, body, keys = KEYS, now = Date.now() / 1000) {
  const id = headers["webhook-id"] ?? "";
  const timestamp = headers["webhook-timestamp"] ?? "";
  if (!/^\d+$/.test(timestamp) || Math.abs(now - Number(timestamp)) > TOLERANCE_SECONDS) {
    return false;
  }
  const given = (headers["webhook-signature"] ?? "").split(" ").map((one) => Buffer.from(one));
  return keys.some((key) => {
    const code = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
    const expected = Buffer.from(`v1,${code}`);
    return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  });
}

const server = createServer((request, response) => {
  // A sender that disconnects in the middle must not stop the server.
  receive(request, response).catch(() => response.destroy());
});

async function receive(request, response) {
  // The bytes as they came: what is parsed and written again may differ.
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    if ((size += chunk.length) > MAX_BODY) return response.writeHead(413).end();
  }
  const body = Buffer.concat(chunks);
  if (!verified(request.headers, body)) {
    console.log("refused");
    return response.writeHead(401).end();
  }
  const event = JSON.parse(body);
  // The same id may come again: remember what has been dealt with. And unless you have made a
  // secret of your own, it is the whole service's: check that event.data.user_id is yours.
  console.log("verified", event.type, request.headers["webhook-id"], event.data.status);
  response.writeHead(204).end();
}

server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
