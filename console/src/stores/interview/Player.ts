// The one audio element of an interview, and its position.

import { signal } from "@preact/signals";
import type { Scope } from "../../lib/scope";
import { keep, numberBetween, stored } from "../../lib/storage";

type PositionHandler = (ms: number) => void;

/** An error so soon after a fresh link is not the link's. */
const FRESH_MS = 30_000;

/** The speeds that browsers play at. */
const speed = numberBetween(0.25, 4);

/** Whether a link is to a playable copy, not to the recording itself. */
const isCopy = (url: string) => url.includes("&playback=true");

export class Player {
  readonly playing = signal(false);
  /** Why it does not play: an unreachable recording may play later. */
  readonly failed = signal<"" | "unreachable" | "unplayable">("");
  readonly rate = signal(stored("rate", speed, 1));
  /** The length in milliseconds, by the service where that is known. */
  readonly duration = signal(0);
  readonly #handlers = new Set<PositionHandler>();
  #until: number | null = null;
  #frame = 0;
  #renewed = 0;
  #renewing = false;
  /** Whether it plays as soon as it can. */
  #wanted = false;

  /** `renew` fetches a fresh link: a link is good for an hour. */
  constructor(
    private readonly scope: Scope,
    private readonly renew: () => Promise<string | null>,
    readonly audio: HTMLAudioElement = new Audio(),
  ) {
    scope.add(() => this.#close());
    audio.preload = "metadata";
    audio.addEventListener("play", () => {
      this.playing.value = true;
      this.#follow();
    });
    audio.addEventListener("pause", () => {
      this.playing.value = false;
      cancelAnimationFrame(this.#frame);
      this.#tell();
    });
    audio.addEventListener("seeked", () => this.#tell());
    // A hidden tab draws no frames, and plays on.
    audio.addEventListener("timeupdate", () => void this.#ended());
    audio.addEventListener("durationchange", () => {
      if (!this.duration.value && Number.isFinite(audio.duration)) this.duration.value = audio.duration * 1000;
    });
    audio.addEventListener("error", () => this.#again());
    scope.listen(window, "online", () => {
      if (this.failed.value) void this.#renew();
    });
  }

  /** Begins with a link; a playable copy that was made since replaces the recording. */
  open(url: string | null, durationMs: number | null): void {
    if (durationMs) this.duration.value = durationMs;
    if (!url) return;
    const replaces = isCopy(url) && !isCopy(this.audio.src) && (this.audio.paused || this.failed.value);
    if (this.audio.src && !replaces) return;
    this.failed.value = "";
    // A link to a moment may have been followed before there is anything to play.
    const at = this.audio.currentTime;
    this.audio.src = url;
    if (at > 0) this.audio.currentTime = at;
    this.audio.playbackRate = this.rate.value;
  }

  get now(): number {
    return this.audio.currentTime * 1000;
  }

  /** Calls a handler with every change of the position, in milliseconds. Returns a
   * function that ends this. */
  onPosition(handler: PositionHandler): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  seek(ms: number): void {
    this.#until = null;
    const most = this.duration.value || Infinity;
    this.audio.currentTime = Math.min(Math.max(ms, 0), most) / 1000;
    this.#tell();
  }

  /** Plays from there, to `until` where that is given. */
  async play(from?: number, until?: number): Promise<void> {
    if (from !== undefined) this.seek(from);
    this.#until = until ?? null;
    this.#wanted = true;
    if (this.failed.value || this.audio.error) return this.#renew();
    await this.audio.play().catch(() => {});
  }

  toggle(): void {
    if (this.playing.value) this.pause();
    else void this.play();
  }

  pause(): void {
    this.#wanted = false;
    this.audio.pause();
  }

  setRate(rate: number): void {
    this.rate.value = this.audio.playbackRate = rate;
    keep("rate", String(rate));
  }

  #close(): void {
    cancelAnimationFrame(this.#frame);
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  #tell(): void {
    const { now } = this;
    for (const handler of this.#handlers) handler(now);
  }

  /** Stops at the end of what was to be played. */
  #ended(): boolean {
    if (this.#until === null || this.now < this.#until) return false;
    this.#until = null;
    this.audio.pause();
    return true;
  }

  #follow(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      if (!this.playing.value) return;
      if (this.#ended()) return;
      this.#tell();
      this.#follow();
    });
  }

  /** The link may be old: plays on with a fresh one, but not at every error. */
  #again(): void {
    if (!this.audio.getAttribute("src") || this.#renewing) return;
    this.#wanted = this.playing.value;
    if (Date.now() - this.#renewed < FRESH_MS) this.#fail("unplayable");
    else void this.#renew();
  }

  #fail(why: "unreachable" | "unplayable"): void {
    this.failed.value = why;
    // An element that has failed is not paused by that.
    this.audio.pause();
  }

  async #renew(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    const url = await this.renew().catch(() => null);
    this.#renewing = false;
    if (this.scope.isDisposed) return;
    if (!url) return this.#fail("unreachable");
    this.#renewed = Date.now();
    this.failed.value = "";
    // Read only now: the position may have changed since.
    const at = this.audio.currentTime;
    this.audio.src = url;
    this.audio.currentTime = at;
    this.audio.playbackRate = this.rate.value;
    if (this.#wanted) await this.audio.play().catch(() => {});
  }
}
