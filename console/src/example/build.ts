// The example: the bundled interview with an analysis that was written by hand, put into
// the shapes of the API. Quotes are looked up in the words, as the service does.

import type { Analysis, Claim, Competency, Evidence } from "../api/client";
import type { PackedTranscript } from "../model/transcript/columns";

/** `samples/interview.words.json` */
export interface SampleWords {
  duration_ms: number;
  turns: { speaker: string; start_ms: number; end_ms: number; text: string }[];
}

interface SampleClaim {
  text: string;
  quotes: string[];
}

/** `samples/interview.analysis.json`: a quote that begins with `!` is invented, one with
 * `~` counts as found with small differences. */
export interface SampleAnalysis {
  summary: string;
  key_points: SampleClaim[];
  competencies: { name: string; rating?: number; rationale: string; quotes: string[] }[];
  strengths: SampleClaim[];
  concerns: SampleClaim[];
  questions: { question: string; answer: string; quotes: string[] }[];
  /** Title, beginning of its first turn, beginning of the turn after it. */
  topics: string[][];
  follow_ups: string[];
}

const SPEAKERS = ["interviewer", "candidate"];
const idOf = (speaker: string) => Math.max(0, SPEAKERS.indexOf(speaker));

/** Letters and digits alone, in small letters. */
const plain = (word: string) => word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** The transcript, whose words share the time of their turn by their length. */
export function exampleTranscript({ duration_ms, turns }: SampleWords): PackedTranscript {
  const words = turns.flatMap(({ speaker, start_ms, end_ms, text }) => {
    const texts = text.split(/\s+/).filter((word) => plain(word));
    const letters = texts.reduce((sum, word) => sum + word.length + 1, 0);
    let at = 0;
    return texts.map((text) => {
      const start = start_ms + ((end_ms - start_ms) * at) / letters;
      at += text.length + 1;
      const end = start_ms + ((end_ms - start_ms) * (at - 1)) / letters;
      return { text, start_ms: Math.round(start), end_ms: Math.round(end), speaker: idOf(speaker), confidence: null };
    });
  });
  return {
    revision: 1,
    duration_ms,
    // The words were written by hand: there is nothing to measure.
    quality: null,
    speakers: [
      { id: 0, name: "Grace", role: "interviewer" },
      { id: 1, name: "Ada", role: "interviewee" },
    ],
    turns: turns.map(({ speaker, start_ms }, id) => ({ id, speaker: idOf(speaker), start_ms })),
    words,
  };
}

/** Looks a quote up in the words. */
export function evidenceOf(quote: string, { words, turns }: PackedTranscript): Evidence {
  const mark = quote[0];
  const text = mark === "!" || mark === "~" ? quote.slice(1) : quote;
  const wanted = text.split(/\s+/).map(plain).filter(Boolean);
  const all = words.map((word) => plain(word.text));
  const first = mark === "!" ? -1 : all.findIndex((_, at) => wanted.every((word, offset) => all[at + offset] === word));
  if (first < 0) return { quote: text, status: "unverified", speaker: null, start_ms: null, end_ms: null, turn: null };
  const [begin, end] = [words[first]!, words[first + wanted.length - 1]!];
  const turn = turns.findLast(({ start_ms }) => start_ms <= begin.start_ms)?.id ?? 0;
  const status = mark === "~" ? "repaired" : "verified";
  return { quote: text, status, speaker: begin.speaker, start_ms: begin.start_ms, end_ms: end.end_ms, turn };
}

export function exampleAnalysis(sample: SampleAnalysis, words: SampleWords, transcript: PackedTranscript): Analysis {
  const evidence = (quotes: string[]) => quotes.map((quote) => evidenceOf(quote, transcript));
  const claims = (given: SampleClaim[]): Claim[] => given.map(({ text, quotes }) => ({ text, evidence: evidence(quotes) }));
  const competencies = sample.competencies.map(({ name, rating, rationale, quotes }): Competency => {
    const status = rating === undefined ? "insufficient_evidence" : "assessed";
    return { name, status, rating: rating ?? null, rationale, evidence: evidence(quotes) };
  });
  const turnOf = (beginning: string) => words.turns.findIndex(({ text }) => text.includes(beginning));
  const topics = sample.topics.map(([title = "", from = "", to = ""]) => {
    const [first, next] = [turnOf(from), turnOf(to)];
    return { title, start_ms: words.turns[first]!.start_ms, end_ms: words.turns[next > first ? next - 1 : first]!.end_ms };
  });
  return {
    derived_from: { transcript_revision: 1 },
    engine: "hand",
    model: "",
    prompt_version: "",
    usage: { input_tokens: 0, output_tokens: 0, thinking_tokens: 0 },
    cost_usd: null,
    summary: sample.summary,
    key_points: claims(sample.key_points),
    topics,
    questions: sample.questions.map(({ question, answer, quotes }) => ({ question, answer, evidence: evidence(quotes) })),
    competencies,
    strengths: claims(sample.strengths),
    concerns: claims(sample.concerns),
    follow_ups: sample.follow_ups,
    metrics: metricsOf(words, transcript.words.length),
    evidence_validity: null,
    warnings: [],
    created_at: "2026-01-01T00:00:00Z",
  };
}

function median(values: number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

function metricsOf({ duration_ms, turns }: SampleWords, words: number): Analysis["metrics"] {
  const lengthOf = ({ start_ms, end_ms }: SampleWords["turns"][number]) => end_ms - start_ms;
  const spoken = turns.reduce((sum, turn) => sum + lengthOf(turn), 0);
  const matches = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const speakers = SPEAKERS.map((speaker, id) => {
    const own = turns.filter((turn) => turn.speaker === speaker);
    const talk_ms = own.reduce((sum, turn) => sum + lengthOf(turn), 0);
    const said = own.map(({ text }) => text).join(" ");
    const words = said.split(/\s+/).filter((word) => plain(word)).length;
    const delays = turns.flatMap((turn, at) => {
      const before = turns[at - 1];
      return turn.speaker === speaker && before && before.speaker !== speaker ? [Math.max(0, turn.start_ms - before.end_ms)] : [];
    });
    const interruptions = turns.filter((turn, at) => turn.speaker === speaker && turns[at - 1]?.text.endsWith("--")).length;
    const of = {
      talk_ms,
      talk_share: talk_ms / spoken,
      words,
      words_per_minute: words / (talk_ms / 60_000),
      longest_monologue_ms: Math.max(...own.map(lengthOf)),
      response_delay_ms: median(delays),
      interruptions,
      fillers: matches(said, /\b(um|uh)\b/gi),
      questions: matches(said, /\?/g),
    };
    return [String(id), of] as const;
  });
  const speech_ms = Math.min(spoken, duration_ms);
  const quality = {
    words,
    mean_confidence: 1,
    low_confidence_share: 0,
    speech_coverage: speech_ms / duration_ms,
    words_per_minute: words / (duration_ms / 60_000),
    repetition_share: 0,
  };
  return { duration_ms, speech_ms, silence_ms: duration_ms - speech_ms, turns: turns.length, quality, speakers: Object.fromEntries(speakers) };
}
