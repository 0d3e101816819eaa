// Links to an interview, or to one of its highlights, for people without an account: made, copied,
// listed and revoked.

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { NewShare, Share } from "../api/client";
import type { Resource } from "../api/resource";
import { text } from "../i18n/en";
import { sharingText } from "../i18n/sharing";
import { moment } from "../lib/format";
import { attempt } from "../lib/outcome";
import { useInterview } from "../stores/interview/InterviewStore";
import { createShare, readShares, revokeShare } from "../stores/sharing";
import { FailureBanner } from "../ui/Banner";
import { Choice } from "../ui/Choice";
import { focusBeside } from "../ui/focus";
import { Icon } from "../ui/Icon";
import { Secret } from "../ui/Secret";
import { toast } from "../ui/toasts";
import { useResource } from "../ui/useResource";

const words = sharingText.shares;
const DAYS = [1, 7, 30, 90, 365].map((days) => [days, words.days(days)] as const);
const SCOPES = [
  ["report", words.scopes.report],
  ["interview", words.scopes.interview],
] as const;

/** With the id of a highlight, only the links to that. */
export function ShareDialog({ highlight, onClose }: { highlight?: string; onClose: () => void }) {
  const { id } = useInterview();
  const shares = useResource((signal) => readShares(id, signal));
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const load = shares.load.value;
  return (
    <dialog ref={dialog} class="upload settings" aria-labelledby="share-title" onClose={onClose}>
      <header class="dialog-head">
        <h2 id="share-title" tabIndex={-1}>
          {highlight ? words.ofHighlight : words.title}
        </h2>
        <button type="button" class="bare" aria-label={words.close} onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </header>
      <p class="quiet small">{words.about}</p>
      <NewShareForm id={id} shares={shares} highlight={highlight} />
      {load.state === "failed" && <FailureBanner what={words.notLoaded} details={load.error.message} onRetry={() => shares.retry()} />}
      <section class="run-list" aria-label={words.list}>
        <Shares id={id} shares={shares} highlight={highlight} />
      </section>
    </dialog>
  );
}

interface Props {
  id: string;
  shares: Resource<Share[]>;
  highlight: string | undefined;
}

function NewShareForm({ id, shares, highlight }: Props) {
  const { audio } = useInterview().interview.value!;
  const scope = useSignal<NewShare["scope"]>(highlight ? "highlight" : "interview");
  const withAudio = useSignal(false);
  const days = useSignal(7);
  const isSaving = useSignal(false);
  const failed = useSignal("");
  const create = async () => {
    isSaving.value = true;
    const highlight_id = highlight ?? null;
    const body = { scope: scope.value, highlight_id, with_audio: withAudio.value, expires_in_s: days.value * 86_400 };
    const outcome = await attempt(async () => {
      const made = await createShare(id, body, crypto.randomUUID());
      shares.update((all) => [made, ...all]);
    });
    isSaving.value = false;
    failed.value = outcome.ok ? "" : words.notCreated(outcome.error.message);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <div class="fields">
        {!highlight && (
          <Choice isLabelled label={words.scope} options={SCOPES} value={scope.value} onChoose={(chosen) => (scope.value = chosen)} />
        )}
        <Choice isLabelled label={words.lifetime} options={DAYS} value={days.value} onChoose={(chosen) => (days.value = chosen)} />
        <p class="quiet small">{words.holds[scope.value]}</p>
        {audio?.url && (
          <label>
            <input type="checkbox" checked={withAudio.value} onChange={(event) => (withAudio.value = event.currentTarget.checked)} />{" "}
            {highlight ? words.part : words.audio}
          </label>
        )}
      </div>
      <div class="buttons">
        <button type="submit" class="primary" disabled={isSaving.value}>
          {isSaving.value ? words.creating : words.create}
        </button>
      </div>
      {failed.value && (
        <p class="bad small" role="alert">
          {failed.value}
        </p>
      )}
    </form>
  );
}

function Shares({ id, shares, highlight }: Props) {
  const all = shares.value?.filter((share) => !highlight || share.highlight_id === highlight) ?? null;
  if (all === null) return <p class="quiet">{text.app.loading}</p>;
  if (all.length === 0) return <p class="quiet">{words.none}</p>;
  const revoke = async (share: Share, button: HTMLElement) => {
    const outcome = await attempt(() => revokeShare(id, share.id));
    if (!outcome.ok) {
      toast(words.notRevoked(outcome.error.message), { bad: true });
      return;
    }
    focusBeside(button, () => document.querySelector<HTMLElement>("#share-title"));
    shares.update((all) => all.filter((own) => own.id !== share.id));
    toast(words.revoked);
  };
  return (
    <ul class="rows" aria-label={words.list}>
      {all.map((share) => {
        const what = words.what(words.short[share.scope], share.with_audio);
        return (
          <li key={share.id} class="row">
            <span class="name">{what}</span>
            <span class="about quiet">
              {endOf(share)} · {words.views(share.views)}
              <Secret label={words.link(what)} value={share.url} copy={words.copy} copied={words.copied} />
            </span>
            <button type="button" class="bare" aria-label={words.revoke(what)} onClick={(event) => void revoke(share, event.currentTarget)}>
              <Icon name="trash" />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function endOf({ expires_at }: Share): string {
  const time = moment(expires_at);
  return Date.parse(expires_at) > Date.now() ? words.until(time) : words.expired(time);
}
