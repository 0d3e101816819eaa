// The settings that the service hands to the page.

/** Where people sign in, if the service needs it. */
export interface SignIn {
  api_key: string;
  auth_domain: string;
  project_id: string;
  /** Where the Firebase Auth emulator listens, in a test. */
  emulator: string | null;
}

export interface Config {
  /** Whether the service trusts every client (`AUTH=local`). */
  local: boolean;
  sign_in: SignIn | null;
  /** Where the service says that it is reached. */
  public_url: string | null;
}

function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}

function read(): Config {
  const text = meta("console-config");
  // Vite's own server fills nothing in.
  if (!text || text.startsWith("%")) return { local: true, sign_in: null, public_url: null };
  return JSON.parse(text) as Config;
}

let known: Config | null = null;

export function config(): Config {
  return (known ??= read());
}

/** The nonce by which wavesurfer's style element passes the content security policy. */
export function nonce(): string {
  return meta("csp-nonce");
}
