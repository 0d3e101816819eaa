// Personal access tokens: made, listed and revoked.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { CreatedToken, NewToken, Token } from "../api/client";
import type { Resource } from "../api/resource";
import { arrive } from "../app/routes";
import { text } from "../i18n/en";
import { sharingText } from "../i18n/sharing";
import { ago, moment } from "../lib/format";
import { attempt } from "../lib/outcome";
import { createToken, readTokens, revokeToken } from "../stores/sharing";
import { FailureBanner } from "../ui/Banner";
import { Choice } from "../ui/Choice";
import { focusBeside } from "../ui/focus";
import { Icon } from "../ui/Icon";
import { Secret } from "../ui/Secret";
import { toast } from "../ui/toasts";
import { useResource } from "../ui/useResource";

const words = sharingText.tokens;
const DAYS = [7, 30, 90, 365].map((days) => [days, words.days(days)] as const);
const SCOPES = [
  ["read", words.scopes.read],
  ["write", words.scopes.write],
] as const;

export function TokensPage() {
  const tokens = useResource(readTokens);
  const made = useSignal<CreatedToken | null>(null);
  useEffect(() => {
    document.title = `${words.title} · ${text.product}`;
    arrive();
  }, []);
  const load = tokens.load.value;
  return (
    <main class="list" id="main">
      <h1 tabIndex={-1}>{words.title}</h1>
      <p class="quiet">{words.about}</p>
      <NewTokenForm tokens={tokens} made={made} />
      {made.value && (
        <div class="banner" role="status" key={made.value.id}>
          <Icon name="warning" />
          <div>
            <p>{words.made}</p>
            <Secret label={words.secret} value={made.value.token} copy={words.copy} copied={words.copied} />
          </div>
        </div>
      )}
      {load.state === "failed" && <FailureBanner what={words.notLoaded} details={load.error.message} onRetry={() => tokens.retry()} />}
      <Tokens tokens={tokens} made={made} />
    </main>
  );
}

interface Props {
  tokens: Resource<Token[]>;
  made: Signal<CreatedToken | null>;
}

function NewTokenForm({ tokens, made }: Props) {
  const name = useSignal("");
  const scope = useSignal<NewToken["scope"]>("read");
  const days = useSignal(90);
  const isSaving = useSignal(false);
  const failed = useSignal("");
  const key = useRef(crypto.randomUUID());
  const create = async () => {
    isSaving.value = true;
    const body = { name: name.value.trim(), scope: scope.value, expires_in_s: days.value * 86_400 };
    const outcome = await attempt(async () => {
      made.value = await createToken(body, key.current);
    });
    // The next token is another one, also where this one was made and not received.
    key.current = crypto.randomUUID();
    isSaving.value = false;
    failed.value = outcome.ok ? "" : words.notCreated(outcome.error.message);
    if (outcome.ok) name.value = "";
    void tokens.refresh();
  };
  return (
    <form
      class="new-token"
      aria-label={words.create}
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <label class="field">
        <span>{words.name}</span>
        <input
          required
          dir="auto"
          maxLength={100}
          placeholder={words.nameHint}
          value={name.value}
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
      </label>
      <Choice isLabelled label={words.scope} options={SCOPES} value={scope.value} onChoose={(chosen) => (scope.value = chosen)} />
      <Choice isLabelled label={words.lifetime} options={DAYS} value={days.value} onChoose={(chosen) => (days.value = chosen)} />
      <button type="submit" class="primary" disabled={isSaving.value}>
        {isSaving.value ? words.creating : words.create}
      </button>
      {failed.value && (
        <p class="bad small" role="alert">
          {failed.value}
        </p>
      )}
    </form>
  );
}

function Tokens({ tokens, made }: Props) {
  const all = tokens.value;
  if (all === null) return <p class="quiet">{text.app.loading}</p>;
  if (all.length === 0) return <p class="none">{words.none}</p>;
  const revoke = async ({ id, name }: Token, button: HTMLElement) => {
    if (!confirm(words.revokeSure(name))) return;
    const outcome = await attempt(() => revokeToken(id));
    if (!outcome.ok) {
      toast(words.notRevoked(outcome.error.message), { bad: true });
      return;
    }
    if (made.value?.id === id) made.value = null;
    focusBeside(button, () => document.querySelector("h1"));
    tokens.update((all) => all.filter((token) => token.id !== id));
    toast(words.revoked(name));
  };
  return (
    <ul class="rows" aria-label={words.title}>
      {all.map((token) => (
        <li key={token.id} class="row">
          <span class="name" dir="auto">
            {token.name}
          </span>
          <span class="about quiet">{factsOf(token)}</span>
          <button
            type="button"
            class="bare"
            aria-label={words.revoke(token.name)}
            onClick={(event) => void revoke(token, event.currentTarget)}
          >
            <Icon name="trash" />
          </button>
        </li>
      ))}
    </ul>
  );
}

function factsOf({ scope, expires_at, last_used_at }: Token): string {
  const time = moment(expires_at);
  const end = Date.parse(expires_at) > Date.now() ? words.until(time) : words.expired(time);
  const use = last_used_at ? words.used(ago(last_used_at)) : words.unused;
  return [words.scopes[scope], end, use].join(" · ");
}
