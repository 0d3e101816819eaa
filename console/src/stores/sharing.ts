// The requests about shares and access tokens.

import { api, ask, type CreatedToken, every, type NewShare, type NewToken, type Share, type Token } from "../api/client";

/** `Idempotency-Key`: it makes a repeated request the same request. */
const once = (key: string) => ({ header: { "Idempotency-Key": key } });

/** The shares of an interview, newest first. */
export function readShares(id: string, signal: AbortSignal): Promise<Share[]> {
  return every((query) => ask(api.GET("/v1/interviews/{id}/shares", { params: { path: { id }, query }, signal })));
}

export function createShare(id: string, body: NewShare, key: string): Promise<Share> {
  return ask(api.POST("/v1/interviews/{id}/shares", { params: { path: { id }, ...once(key) }, body }));
}

export async function revokeShare(id: string, share_id: string): Promise<void> {
  await ask(api.DELETE("/v1/interviews/{id}/shares/{share_id}", { params: { path: { id, share_id } } }));
}

/** The person's access tokens, newest first. */
export function readTokens(signal: AbortSignal): Promise<Token[]> {
  return every((query) => ask(api.GET("/v1/tokens", { params: { query }, signal })));
}

export function createToken(body: NewToken, key: string): Promise<CreatedToken> {
  return ask(api.POST("/v1/tokens", { params: once(key), body }));
}

export async function revokeToken(token_id: string): Promise<void> {
  await ask(api.DELETE("/v1/tokens/{token_id}", { params: { path: { token_id } } }));
}
