import { useSignal } from "@preact/signals";
import { say } from "../ui/toasts";
import { current } from "./session";

/** Asks who is there, by Firebase. */
export function SignInForm() {
  const wrong = useSignal("");
  const busy = useSignal(false);
  const email = useSignal("");
  const attempt = async (action: () => Promise<void>) => {
    busy.value = true;
    wrong.value = "";
    try {
      await action();
    } catch (error) {
      const { said } = await import("./firebase");
      wrong.value = said(error);
    }
    busy.value = false;
  };
  return (
    <main class="sign-in" id="main">
      <h1>InterviewLens</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const password = new FormData(event.currentTarget).get("password");
          void attempt(() => current().signIn(email.value, String(password)));
        }}
      >
        <label>
          E-mail
          <input
            type="email"
            autocomplete="username"
            required
            value={email.value}
            onInput={(event) => (email.value = event.currentTarget.value)}
          />
        </label>
        <label>
          Password
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        {wrong.value && (
          <p class="bad" role="alert">
            {wrong.value}
          </p>
        )}
        <button type="submit" class="primary" disabled={busy.value}>
          Sign in
        </button>
        <button
          type="button"
          class="bare"
          disabled={busy.value || !email.value}
          onClick={() =>
            void attempt(async () => {
              await current().resetPassword(email.value);
              say("If the account exists, we have sent a link to reset the password.");
            })
          }
        >
          Forgot your password?
        </button>
      </form>
    </main>
  );
}
