// A language model that always says the same of the bundled interview, behind the
// chat completions of an OpenAI-compatible endpoint.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const evidence = (turn: number, ...quotes: string[]) => quotes.map((quote) => ({ turn, quote }));

/** Of the criteria that job interviews are assessed by, those that something is said of. */
const COMPETENCIES: Record<string, [number, string, ReturnType<typeof evidence>]> = {
  "problem solving": [4, "Counted the visitors rather than arguing.", evidence(12, "we counted the visitors every Sunday")],
  ownership: [
    5,
    "Told the truth at once and mended the loss in person.",
    [...evidence(7, "told my manager the truth"), ...evidence(7, "I contacted every person on the telephone")],
  ],
};

const CRITERIA = ["problem solving", "collaboration", "ownership", "learning", "communication"];

/** What it says; one quote is invented. */
function draft(criteria: string[]) {
  return {
    summary:
      "The candidate works in a public library and teaches older people to use a computer. They tell of a lost list of orders, how they owned up and restored it, and what they changed afterwards.",
    key_points: [
      { text: "Teaches older people to use a computer.", evidence: evidence(1, "older people how to use a computer") },
      { text: "Restored a lost list of orders within three days.", evidence: evidence(7, "it took three days, but in the end") },
      { text: "Was promoted afterwards.", evidence: evidence(7, "and then they promoted me to head of the library") },
    ],
    topics: [
      { title: "The library", first_turn: 0, last_turn: 3 },
      { title: "The lost list", first_turn: 4, last_turn: 9 },
      { title: "Working with others", first_turn: 10, last_turn: 11 },
      { title: "What comes next", first_turn: 12, last_turn: 16 },
    ],
    questions: [
      {
        question: "Can you describe a time when something went wrong?",
        answer: "A list of four hundred ordered books was lost in a move.",
        evidence: evidence(5, "we lost the list of four hundred books"),
      },
    ],
    competencies: criteria.map((name) => {
      const [rating, rationale, quotes] = COMPETENCIES[name] ?? [null, "Nothing was said of it.", []];
      return { name, evidence: quotes, rationale, rating };
    }),
    strengths: [{ text: "Owns up to mistakes.", evidence: evidence(7, "told my manager the truth") }],
    concerns: [{ text: "Has never managed a budget.", evidence: evidence(13, "I have never done that before") }],
    follow_ups: ["How did the team take the result of the count?"],
  };
}

export class Model {
  /** Whether it refuses the key. */
  refusing = false;
  asked = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Model> {
    const server = createServer();
    const model = new Model(server);
    server.on("request", async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      model.asked += 1;
      const { status, body } = model.answer(Buffer.concat(pieces).toString());
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return model;
  }

  /** What the service is told of it. */
  get settings(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    return {
      ANALYZER: "openai",
      OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
      OPENAI_MODEL: "stand-in",
      OPENAI_API_KEY: "key",
    };
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(asked: string): { status: number; body: unknown } {
    if (this.refusing) {
      return { status: 401, body: { error: { message: "Incorrect API key provided", code: "invalid_api_key" } } };
    }
    // A prompt that names none of them asks for no competencies.
    const criteria = CRITERIA.filter((name) => asked.includes(name));
    const message = { role: "assistant", content: JSON.stringify(draft(criteria)) };
    return {
      status: 200,
      body: {
        id: "chatcmpl-1",
        object: "chat.completion",
        model: "stand-in",
        choices: [{ index: 0, message, finish_reason: "stop" }],
        usage: { prompt_tokens: 1_200, completion_tokens: 600, total_tokens: 1_800 },
      },
    };
  }
}
