// The events of one interview, and whether its connection is alive.

import { EventSource } from "eventsource";
import type { Scope } from "../lib/scope";
import { headers, type Interview, STEPS, type Step, type StepName } from "./client";
import { ApiError } from "./errors";

/** The service sends a heartbeat every 15 seconds; after this silence the connection is
 * dead. */
const SILENT_MS = 45_000;

export interface EventHandlers {
  connected: () => void;
  /** The connection is lost, and is made again by itself. */
  interrupted: () => void;
  /** The stream has ended and is not made again. */
  ended: (error: ApiError) => void;
  snapshot: (interview: Interview) => void;
  step: (name: StepName, step: Step) => void;
  status: (change: Pick<Interview, "status" | "usable">) => void;
}

/** Parses the data of an event; null for what is no object. */
function parsed(data: unknown): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(String(data));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Returns the event of a step; null for a step that this page does not know. */
export function parseStep(data: unknown): { name: StepName; step: Step } | null {
  const { step, detail } = parsed(data) ?? {};
  const name = STEPS.find((known) => known === step);
  const valid = typeof detail === "object" && detail !== null && typeof (detail as Step).state === "string";
  return name && valid ? { name, step: detail as Step } : null;
}

export function parseSnapshot(data: unknown): Interview | null {
  const value = parsed(data);
  const valid = typeof value?.["id"] === "string" && typeof value["steps"] === "object" && value["steps"] !== null;
  return valid ? (value as unknown as Interview) : null;
}

export function parseStatus(data: unknown): Pick<Interview, "status" | "usable"> | null {
  const value = parsed(data);
  return typeof value?.["status"] === "string" ? (value as Pick<Interview, "status" | "usable">) : null;
}

/** Returns a response whose body fails after a silence. */
function watched({ body, url, status, redirected, headers }: Response) {
  let timer: ReturnType<typeof setTimeout>;
  const alive = (controller: TransformStreamDefaultController) => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.error(new TypeError("the connection is silent")), SILENT_MS);
  };
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    start: alive,
    transform(chunk, controller) {
      alive(controller);
      controller.enqueue(chunk);
    },
    flush: () => clearTimeout(timer),
  });
  return { body: body?.pipeThrough(watch) ?? null, url, status, redirected, headers };
}

/** Follows the events of an interview until the scope ends. */
export function followEvents(id: string, scope: Scope, handlers: EventHandlers): void {
  const events = new EventSource(`${location.origin}/v1/interviews/${id}/events`, {
    fetch: async (url, init) =>
      watched(await fetch(url, { ...init, headers: { ...init.headers, ...(await headers()) } })),
  });
  scope.add(() => events.close());
  events.addEventListener("open", () => handlers.connected());
  events.addEventListener("error", ({ code }) => {
    // It reconnects by itself after a lost connection, but not after an answer of another kind.
    if (events.readyState !== events.CLOSED) handlers.interrupted();
    else handlers.ended(new ApiError(code ? { status: code } : {}));
  });
  events.addEventListener("snapshot", ({ data }) => {
    const interview = parseSnapshot(data);
    if (interview) handlers.snapshot(interview);
  });
  events.addEventListener("step", ({ data }) => {
    const event = parseStep(data);
    if (event) handlers.step(event.name, event.step);
  });
  events.addEventListener("status", ({ data }) => {
    const change = parseStatus(data);
    if (change) handlers.status(change);
  });
}
