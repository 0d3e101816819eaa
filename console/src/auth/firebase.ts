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

/** What Firebase refuses with, in words; its own are for developers. */
export function said(error: unknown): string {
  const code = (error as { code?: string }).code ?? "";
  switch (code) {
    case "auth/invalid-credential":
    case "auth/invalid-login-credentials":
    case "auth/user-not-found":
    case "auth/wrong-password":
      return "No account has this address and password.";
    case "auth/invalid-email":
      return "This is not a valid e-mail address.";
    case "auth/user-disabled":
      return "This account has been disabled.";
    case "auth/too-many-requests":
      return "Too many attempts. Wait a few minutes, or reset the password.";
    case "auth/network-request-failed":
      return "The sign-in service cannot be reached.";
    default:
      return `Signing in failed (${code || "unknown error"}).`;
  }
}
