// A speech provider that hears a conversation of any length, behind Deepgram's API.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** The words that are said, over and over. */
const SAID =
  "we moved all our books to a new building and on the first day we lost the list that people had ordered nobody had made a copy of it so I told my manager the truth and asked every person what they were waiting for it took three days but in the end we found almost all of them".split(
    " ",
  );

/** What Deepgram answers for so many words in so many seconds, of two speakers. */
function heard(count: number, seconds: number) {
  const each = seconds / count;
  const words = Array.from({ length: count }, (_, index) => {
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
  const transcript = words.map(({ punctuated_word }) => punctuated_word).join(" ");
  return {
    metadata: { request_id: "1", duration: seconds, channels: 1, models: ["nova-3"], model_info: {} },
    results: { channels: [{ alternatives: [{ transcript, confidence: 0.95, words }] }] },
  };
}

export class Recognizer {
  private constructor(private readonly server: Server) {}

  static async start(words: number, seconds: number): Promise<Recognizer> {
    const body = JSON.stringify(heard(words, seconds));
    const server = createServer((request, response) => {
      request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(body));
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
