// Uploads a recording from a browser, in pieces: goes on where it was after a lost
// connection, and after a reload of the page.
//
//     import { upload } from "./upload.js";
//     const interview = await upload(file, {
//       api: "https://api.example.com",
//       headers: async () => ({ authorization: `Bearer ${await user.getIdToken()}` }),
//       interview: { title: "Ada, first round", kind: "job_interview" },
//       onProgress: (share) => { bar.value = share; },
//       signal: controller.signal,
//     });
//
// The bytes go straight to the bucket, by the resumable uploads of Google Cloud
// Storage (https://cloud.google.com/storage/docs/resumable-uploads), which the
// embedded service speaks as well. Nothing but fetch is needed.

const PREFIX = "interviewlens:upload:";

/** What this page keeps itself, where the browser's storage is blocked, full or absent. */
const memory = new Map();

/** Cloud Storage takes pieces of a multiple of 256 KiB. */
const PIECE = 32 * 256 * 1024;
const MAX_TRIES = 8;

/** What cannot be mended by trying again; `problem` is what the API says of it. */
export class UploadError extends Error {
  constructor(message, problem) {
    super(message);
    this.name = "UploadError";
    this.problem = problem;
  }
}

/** The session has expired: sessions last a week. */
class SessionGone extends Error {}

/**
 * Creates an interview and uploads its recording; answers the interview as it was
 * when it was created.
 *
 * The same file, chosen again after a reload, is not uploaded again from its
 * beginning: what is under way is kept in `storage`. Where that is blocked or full, the
 * upload works, and is resumed only until the page is closed.
 *
 * @typedef {object} Options
 * @property {string} api The origin of the service.
 * @property {Headers | (() => Promise<Headers>)} [headers] What to ask the API with.
 * @property {object} [interview] What is known of the interview: title, kind, language.
 * @property {string} [contentType] Where the file does not know it.
 * @property {string} [user] Whose it is, where a browser has more than one user.
 * @property {Storage} [storage] Where it is kept what is under way.
 * @property {number} [piece] How much is sent at once, in bytes: a multiple of 256 KiB.
 * @property {AbortSignal} [signal] Stops it; what has arrived is kept.
 * @property {(interview: any) => void} [onCreated] Called once the interview exists.
 * @property {(share: number) => void} [onProgress] Called with the share that has arrived, 0 to 1.
 * @property {(why: unknown) => void} [onWaiting] Called before a retry, with the reason.
 * @typedef {Record<string, string>} Headers
 *
 * @param {File} file
 * @param {Options} options
 * @returns {Promise<any>}
 */
export async function upload(file, options) {
  const { storage = ownStorage(), signal } = options;
  const { onProgress = () => {}, onCreated = () => {}, onWaiting = () => {} } = options;
  const { size } = file;
  const name = nameOf(file);
  const key = keyOf(file, options.user);
  const piece = options.piece ?? PIECE;
  let under_way = read(storage, key);
  const keep = (more) => {
    under_way = { ...under_way, ...more };
    write(storage, key, under_way);
  };
  // Kept before it is sent: an answer that is lost on its way does not make a second
  // interview.
  if (!under_way) keep({ name, size, user: options.user ?? "", once: newKey(), body: bodyOf(file, options) });
  // What has arrived is asked first, and again after each failure.
  let sent = null;
  let told = false;
  for (let tries = 0, most = 0; sent !== file.size; ) {
    try {
      let link = null;
      if (!under_way.interview) {
        const { upload, ...interview } = await create(under_way, options);
        keep({ interview, once: undefined, body: undefined });
        link = upload;
        tries = 0;
      }
      if (!told) {
        told = true;
        onCreated(under_way.interview);
      }
      if (!under_way.session) {
        link ??= await again(under_way.interview, options);
        keep({ session: await start(link, signal) });
      }
      const asked = sent === null;
      sent = await put(under_way.session, file, sent, piece, signal);
      if (sent > most) {
        most = sent;
        tries = 0;
      } else if (!asked) {
        throw new Error("nothing of a piece has arrived");
      }
      onProgress(sent / file.size);
    } catch (error) {
      if (signal?.aborted) throw error;
      if (error instanceof UploadError) {
        forget(storage, key);
        throw error;
      }
      if (++tries >= MAX_TRIES) throw error;
      onWaiting(error);
      await pause(Math.min(30_000, 250 * 2 ** tries) * (0.5 + Math.random() / 2), signal);
      sent = null;
      if (error instanceof SessionGone) {
        // Nothing of it is left: the next one begins at the beginning.
        keep({ session: null });
        most = 0;
      }
    }
  }
  forget(storage, key);
  return under_way.interview;
}

/**
 * The name under which it is kept that a file is under way.
 *
 * @param {File} file
 * @param {string} [user]
 */
export function keyOf({ name, size, lastModified }, user = "") {
  return `${PREFIX}${user}:${name}:${size}:${lastModified}`;
}

/**
 * What earlier pages began and did not finish: choose such a file again to go on.
 * There is no interview yet where it is not known to have been created.
 *
 * @param {Storage | undefined} storage
 * @param {string} [user]
 * @returns {{key: string, name: string, size: number, interview?: any}[]}
 */
export function unfinished(storage, user = "") {
  const keys = [...new Set([...memory.keys(), ...keysOf(storage)])];
  const kept = keys.map((key) => ({ key, ...read(storage, key) }));
  return kept.filter((upload) => upload.user === user && typeof upload.name === "string");
}

/**
 * Takes one of them out of the list; its interview stays, awaiting its recording.
 *
 * @param {Storage | undefined} storage
 * @param {string} key
 */
export function forget(storage, key) {
  memory.delete(key);
  try {
    storage?.removeItem(key);
  } catch {
    // Nothing is kept there.
  }
}

/**
 * The browser's storage, unless it is blocked: reading the property throws then.
 *
 * @returns {Storage | undefined}
 */
export function ownStorage() {
  try {
    return globalThis.localStorage ?? undefined;
  } catch {
    return undefined;
  }
}

function keysOf(storage) {
  try {
    return Object.keys(storage ?? {}).filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}

/** What is kept of an upload; nothing where it cannot be read or used. */
function read(storage, key) {
  try {
    const kept = JSON.parse(memory.get(key) ?? storage?.getItem(key) ?? "null");
    return kept?.interview?.id || (kept?.once && kept?.body) ? kept : null;
  } catch {
    return null;
  }
}

function write(storage, key, under_way) {
  const text = JSON.stringify(under_way);
  try {
    storage.setItem(key, text);
    memory.delete(key);
  } catch {
    memory.set(key, text);
  }
}

/** The file's name as the API takes it: one line of at most 500 characters. */
function nameOf({ name }) {
  const line = name.replace(/\p{Cc}/gu, " ").trim();
  return [...line].slice(0, 500).join("").trim() || "recording";
}

/** What to ask the API with now: a token may have expired since. */
async function headersOf({ headers = {} }) {
  return typeof headers === "function" ? await headers() : headers;
}

/** What the interview is created from. */
function bodyOf(file, { interview = {}, contentType }) {
  const audio = {
    filename: nameOf(file),
    content_type: contentType || file.type || "application/octet-stream",
    size_bytes: file.size,
  };
  return JSON.stringify({ title: nameOf(file), ...interview, audio });
}

/** A unique key; browsers have `randomUUID` only over HTTPS. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Creates the interview, or finds what the same request has made before. */
async function create({ once, body }, options) {
  const { api, signal } = options;
  const created = await fetch(`${api}/v1/interviews`, {
    method: "POST",
    headers: { ...(await headersOf(options)), "content-type": "application/json", "idempotency-key": once },
    body,
    signal,
  });
  if (mayPass(created.status)) throw new Error(`the API answered ${created.status}`);
  const made = await created.json();
  if (!created.ok) throw new UploadError(made.detail ?? "not created", made);
  return made;
}

/** A fresh link, to start another session for the same interview. */
async function again({ id }, options) {
  const { api, signal } = options;
  const answer = await fetch(`${api}/v1/interviews/${id}/upload-url`, {
    method: "POST",
    headers: await headersOf(options),
    signal,
  });
  if (mayPass(answer.status)) throw new Error(`the API answered ${answer.status}`);
  const fresh = await answer.json();
  if (!answer.ok) throw new UploadError(fresh.detail ?? "no longer awaited", fresh);
  return fresh;
}

async function start({ resumable: { method, url, headers } }, signal) {
  const started = await fetch(url, { method, headers, signal });
  if (mayPass(started.status)) throw new Error(`the bucket answered ${started.status}`);
  if (!started.ok) throw new UploadError(`the upload could not be started: ${started.status}`);
  return started.headers.get("location");
}

/**
 * Sends the next piece, or asks what has arrived where that is not known; answers
 * how many bytes have arrived.
 */
async function put(session, file, sent, piece, signal) {
  const end = sent === null ? null : Math.min(sent + piece, file.size);
  const range = sent === null ? "*" : `${sent}-${end - 1}`;
  const answer = await fetch(session, {
    method: "PUT",
    headers: { "content-range": `bytes ${range}/${file.size}` },
    body: sent === null ? null : file.slice(sent, end),
    signal,
  });
  if (answer.ok) return file.size;
  if (answer.status === 308) {
    const last = answer.headers.get("range")?.match(/^bytes=0-(\d+)$/);
    return last ? Number(last[1]) + 1 : 0;
  }
  if (mayPass(answer.status)) throw new Error(`the bucket answered ${answer.status}`);
  if (answer.status === 404 || answer.status === 410) throw new SessionGone();
  throw new UploadError(`the upload was refused with ${answer.status}`, await answer.text());
}

/** Whether the same request may do later. */
function mayPass(status) {
  return status === 408 || status === 429 || status >= 500;
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
