// The console's user: `local` where the service trusts every client (`AUTH=local`),
// a user of Firebase Authentication otherwise.

import { signal } from "@preact/signals";
import { hrefs } from "../app/routes";
import { config } from "../config";

export interface User {
  id: string;
  name: string;
}

/** A session of Firebase, which is loaded only where it is needed. */
export interface Session {
  signIn(email: string, password: string): Promise<void>;
  resetPassword(email: string): Promise<void>;
  signOut(): Promise<void>;
  token(): Promise<string | null>;
}

export type Who = { state: "unknown" | "signed_out" | "unconfigured" } | { state: "here"; user: User };

export const who = signal<Who>({ state: "unknown" });

let session: Session | null = null;

/** Runs before the page of a user goes whose session has ended elsewhere. */
let leave: () => Promise<void> = async () => {};

export function beforeLeaving(run: () => Promise<void>): void {
  leave = run;
}

/** Starts the session; the page can request nothing before. */
export async function startSession(): Promise<void> {
  const { local, sign_in } = config();
  if (local) {
    who.value = { state: "here", user: { id: "local", name: "" } };
    return;
  }
  if (!sign_in) {
    who.value = { state: "unconfigured" };
    return;
  }
  const { firebase } = await import("./firebase");
  session = firebase(sign_in, (user) => {
    if (who.value.state === "here" && who.value.user.id !== user?.id) {
      // Signed out, here or in another tab: nothing of this user stays on the page.
      who.value = { state: "unknown" };
      void leave().finally(() => location.assign(hrefs.list()));
      return;
    }
    who.value = user ? { state: "here", user } : { state: "signed_out" };
  });
}

/** The token of requests, where one is needed. */
export async function token(): Promise<string | null> {
  return (await session?.token()) ?? null;
}

export function current(): Session {
  if (!session) throw new Error("there is no sign-in session");
  return session;
}

/** The owner of the uploads under way. */
export function userId(): string {
  return who.value.state === "here" ? who.value.user.id : "";
}
