// The console's user: `local` where the service trusts every client (`AUTH=local`),
// a user of Firebase Authentication otherwise.

import { signal } from "@preact/signals";
import { config } from "../config";
import { hrefs } from "../ui/route";

export interface User {
  id: string;
  name: string;
}

/** What can be done with Firebase; loaded only where it is needed. */
export interface Session {
  signIn(email: string, password: string): Promise<void>;
  resetPassword(email: string): Promise<void>;
  signOut(): Promise<void>;
  token(): Promise<string | null>;
}

export type Who = { state: "unknown" | "signed_out" | "unconfigured" } | { state: "here"; user: User };

export const who = signal<Who>(
  config.local
    ? { state: "here", user: { id: "local", name: "" } }
    : { state: config.sign_in ? "unknown" : "unconfigured" },
);

let session: Session | null = null;

/** What is to be done before a user's page goes whose session has ended elsewhere. */
let leave: () => Promise<void> = async () => {};

export function beforeLeaving(what: () => Promise<void>): void {
  leave = what;
}

/** Starts the session; the page can ask for nothing before. */
export async function begin(): Promise<void> {
  if (config.local || !config.sign_in) return;
  const { firebase } = await import("./firebase");
  session = firebase(config.sign_in, (user) => {
    if (who.value.state === "here" && who.value.user.id !== user?.id) {
      // Signed out, here or in another tab: nothing of this user stays on the page.
      who.value = { state: "unknown" };
      void leave().finally(() => location.assign(hrefs.list));
      return;
    }
    who.value = user ? { state: "here", user } : { state: "signed_out" };
  });
}

/** The token to ask with, where one is needed. */
export async function token(): Promise<string | null> {
  return (await session?.token()) ?? null;
}

export function current(): Session {
  if (!session) throw new Error("there is no sign-in session");
  return session;
}

/** Whose the uploads under way are. */
export function userId(): string {
  return who.value.state === "here" ? who.value.user.id : "";
}
