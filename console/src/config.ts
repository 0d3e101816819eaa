// What the service says to the page that it serves.

/** Where people sign in, if the service asks for it. */
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
  if (text.startsWith("%")) return { local: true, sign_in: null, public_url: null };
  return JSON.parse(text) as Config;
}

export const config = read();

/** Lets wavesurfer's style element past the content security policy. */
export const nonce = meta("csp-nonce");
