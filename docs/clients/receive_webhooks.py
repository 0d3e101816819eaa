#!/usr/bin/env python3
"""Receives webhooks and verifies them, with nothing but Python.

    WEBHOOK_SECRET=whsec_… docs/clients/receive_webhooks.py

PORT is where to listen; without it, on a free port. Prints its address first and
then a line for each webhook. Standard Webhooks (https://www.standardwebhooks.com):
the signature is HMAC-SHA256 over "id.timestamp.body" with the secret.
"""
import base64
import hashlib
import hmac
import http.server
import json
import os
import time

# Several while one is being replaced.
KEYS = [base64.b64decode(secret.removeprefix("whsec_")) for secret in os.environ["WEBHOOK_SECRET"].split()]
TOLERANCE_SECONDS = 300
MAX_BODY = 1 << 20


def verified(headers, body):
    """Whether one of the signatures was made with one of our secrets, lately."""
    identity, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isascii() or not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{identity}.{timestamp}.".encode() + body
    expected = [b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in KEYS]
    given = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(good, signature) for good in expected for signature in given)


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        # The bytes as they came: what is parsed and written again may differ.
        length = self.headers.get("content-length", "")
        if not length.isascii() or not length.isdigit() or int(length) > MAX_BODY:
            return self.send_error(413)
        body = self.rfile.read(int(length))
        good = verified(self.headers, body)
        if good:
            event = json.loads(body)
            # The same id may come again: remember what has been dealt with. And unless you have
            # made a secret of your own, it is the whole service's: check that
            # event["data"]["user_id"] is yours.
            print("verified", event["type"], self.headers["webhook-id"], event["data"]["status"], flush=True)
        else:
            print("refused", flush=True)
        self.send_response(204 if good else 401)
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Receiver)
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
