// The one audio element of an interview, and how its position is heard of.

import { signal } from "@preact/signals";

type Heard = (ms: number) => void;

export class Player {
  readonly audio = new Audio();
  readonly playing = signal(false);
  readonly failed = signal(false);
  readonly rate = signal(Number(localStorage.getItem("interviewlens:rate") ?? 1));
  /** The length in milliseconds, by the service where that is known. */
  readonly duration = signal(0);
  #heard = new Set<Heard>();
  #until: number | null = null;
  #frame = 0;
  #renewed = 0;

  /** `renew` fetches a fresh link: a link is good for an hour. */
  constructor(private readonly renew: () => Promise<string | null>) {
    const { audio } = this;
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
    audio.addEventListener("durationchange", () => {
      if (!this.duration.value && Number.isFinite(audio.duration)) this.duration.value = audio.duration * 1000;
    });
    audio.addEventListener("error", () => void this.#again());
  }

  /** Begins with a link, unless it plays already. */
  open(url: string | null, durationMs: number | null): void {
    if (durationMs) this.duration.value = durationMs;
    if (!url || this.audio.src) return;
    // A link to a moment may have been followed before there is anything to play.
    const at = this.audio.currentTime;
    this.audio.src = url;
    if (at > 0) this.audio.currentTime = at;
    this.audio.playbackRate = this.rate.value;
  }

  get now(): number {
    return this.audio.currentTime * 1000;
  }

  /** Tells of every change of the position, in milliseconds. */
  hear(heard: Heard): () => void {
    this.#heard.add(heard);
    return () => this.#heard.delete(heard);
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
    await this.audio.play().catch(() => {});
  }

  toggle(): void {
    if (this.playing.value) this.audio.pause();
    else void this.play();
  }

  faster(rate: number): void {
    this.rate.value = this.audio.playbackRate = rate;
    localStorage.setItem("interviewlens:rate", String(rate));
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  #tell(): void {
    const { now } = this;
    for (const heard of this.#heard) heard(now);
  }

  #follow(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      if (!this.playing.value) return;
      if (this.#until !== null && this.now >= this.#until) {
        this.#until = null;
        this.audio.pause();
        return;
      }
      this.#tell();
      this.#follow();
    });
  }

  /** The link may be old: goes on with a fresh one, but does not ask all the time. */
  async #again(): Promise<void> {
    if (!this.audio.getAttribute("src")) return;
    if (Date.now() - this.#renewed < 30_000) {
      this.failed.value = true;
      return;
    }
    this.#renewed = Date.now();
    const [at, playing] = [this.audio.currentTime, this.playing.value];
    const url = await this.renew().catch(() => null);
    if (!url) {
      this.failed.value = true;
      return;
    }
    this.failed.value = false;
    this.audio.src = url;
    this.audio.currentTime = at;
    this.audio.playbackRate = this.rate.value;
    if (playing) await this.audio.play().catch(() => {});
  }
}
