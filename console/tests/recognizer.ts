// A speech provider behind Deepgram's API: it hears the bundled interview, or a conversation of
// any length.

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";

/** The words that are said, over and over. */
const SAID =
  "we moved all our books to a new building and on the first day we lost the list that people had ordered nobody had made a copy of it so I told my manager the truth and asked every person what they were waiting for it took three days but in the end we found almost all of them".split(
    " ",
  );

interface Word {
  word: string;
  punctuated_word: string;
  start: number;
  end: number;
  confidence: number;
  speaker: number;
}

/** So many words in so many seconds, of two speakers. */
function conversation(count: number, seconds: number): Word[] {
  const each = seconds / count;
  return Array.from({ length: count }, (_, index) => {
    const word = SAID[index % SAID.length]!;
    const start = index * each;
    // Turns of ten words and of a hundred and ninety.
    const speaker = index % 200 < 10 ? 0 : 1;
    const ends = index % 23 === 22;
    return {
      word,
      punctuated_word: ends ? `${word}.` : word,
      start: Math.round(start * 1000) / 1000,
      end: Math.round((start + each * 0.8) * 1000) / 1000,
      confidence: index % 17 === 0 ? 0.42 : 0.98,
      speaker,
    };
  });
}

/** The words of the bundled interview, spread evenly over its turns, and its seconds. */
function interview(): [Word[], number] {
  const file = resolve(import.meta.dirname, "../../samples/interview.words.json");
  const { duration_ms, turns } = JSON.parse(readFileSync(file, "utf8")) as {
    duration_ms: number;
    turns: { channel: number; start_ms: number; end_ms: number; text: string }[];
  };
  const words = turns.flatMap(({ channel, start_ms, end_ms, text }) => {
    const said = text.split(" ");
    const each = (end_ms - start_ms) / said.length / 1000;
    return said.map((punctuated_word, index) => {
      const start = start_ms / 1000 + index * each;
      const word = punctuated_word.toLowerCase().replace(/[^\p{L}\p{N}'-]/gu, "");
      return { word, punctuated_word, start, end: start + each * 0.8, confidence: 0.98, speaker: channel };
    });
  });
  return [words, duration_ms / 1000];
}

/** What Deepgram answers where it hears these words. */
function heard(words: Word[], seconds: number) {
  const transcript = words.map(({ punctuated_word }) => punctuated_word).join(" ");
  return {
    metadata: { request_id: "1", duration: seconds, channels: 1, models: ["nova-3"], model_info: {} },
    results: { channels: [{ alternatives: [{ transcript, confidence: 0.95, words }] }] },
  };
}

export class Recognizer {
  private constructor(private readonly server: Server) {}

  /** Hears so many words in so many seconds, whatever the recording says. */
  static start(words: number, seconds: number): Promise<Recognizer> {
    return Recognizer.hearing(conversation(words, seconds), seconds);
  }

  private static ofInterview: Promise<Recognizer> | undefined;

  /** Hears the bundled interview: one for all tests, which does not keep the process alive. */
  static async interview(): Promise<Recognizer> {
    Recognizer.ofInterview ??= Recognizer.hearing(...interview());
    const recognizer = await Recognizer.ofInterview;
    recognizer.server.unref();
    return recognizer;
  }

  /** Hears the bundled interview in so many milliseconds, and is unsure of some words. */
  static slow(ms: number): Promise<Recognizer> {
    const [words, seconds] = interview();
    const unsure = words.map((word, index) => ({ ...word, confidence: index % 17 === 0 ? 0.3 : word.confidence }));
    return Recognizer.hearing(unsure, seconds, ms);
  }

  private static async hearing(words: Word[], seconds: number, ms = 0): Promise<Recognizer> {
    const body = JSON.stringify(heard(words, seconds));
    const server = createServer((request, response) => {
      const answer = () => response.writeHead(200, { "content-type": "application/json" }).end(body);
      request.resume().on("end", () => setTimeout(answer, ms));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return new Recognizer(server);
  }

  get settings(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    return { TRANSCRIBER: "deepgram", DEEPGRAM_API_KEY: "key", DEEPGRAM_BASE_URL: `http://127.0.0.1:${port}`, DEEPGRAM_SEND: "bytes" };
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
