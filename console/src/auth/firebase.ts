// Firebase Authentication, by its own client.

import { initializeApp } from "@firebase/app";
import {
  browserLocalPersistence,
  connectAuthEmulator,
  indexedDBLocalPersistence,
  initializeAuth,
  onAuthStateChanged,
  sendPasswordResetEmail,
  signInWithEmailAndPassword,
  signOut,
} from "@firebase/auth";
import type { SignIn } from "../config";
import { text } from "../i18n/en";
import type { Session, User } from "./session";

export function firebase(signIn: SignIn, changed: (user: User | null) => void): Session {
  const app = initializeApp({
    apiKey: signIn.api_key,
    authDomain: signIn.auth_domain,
    projectId: signIn.project_id,
  });
  // Without the resolver for pop-ups, which would load scripts from elsewhere.
  const auth = initializeAuth(app, {
    persistence: [indexedDBLocalPersistence, browserLocalPersistence],
  });
  if (signIn.emulator) connectAuthEmulator(auth, signIn.emulator, { disableWarnings: true });
  onAuthStateChanged(auth, (user) => {
    changed(user && { id: user.uid, name: user.displayName ?? user.email ?? user.uid });
  });
  return {
    signIn: async (email, password) => void (await signInWithEmailAndPassword(auth, email, password)),
    resetPassword: (email) => sendPasswordResetEmail(auth, email),
    signOut: () => signOut(auth),
    token: async () => (await auth.currentUser?.getIdToken()) ?? null,
  };
}

/** The message for an error of Firebase, whose own are for developers. */
export function messageFor(error: unknown): string {
  const code = (error as { code?: string }).code ?? "";
  switch (code) {
    case "auth/invalid-credential":
    case "auth/invalid-login-credentials":
    case "auth/user-not-found":
    case "auth/wrong-password":
      return text.signIn.wrong;
    case "auth/invalid-email":
      return text.signIn.invalidEmail;
    case "auth/user-disabled":
      return text.signIn.disabled;
    case "auth/too-many-requests":
      return text.signIn.tooMany;
    case "auth/network-request-failed":
      return text.signIn.unreachable;
    default:
      return text.signIn.failed(code);
  }
}
