import { useSignal } from "@preact/signals";
import { text } from "../i18n/en";
import { toast } from "../ui/toasts";
import { current } from "./session";

/** The form by which people sign in with Firebase. */
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
      const { messageFor } = await import("./firebase");
      wrong.value = messageFor(error);
    }
    busy.value = false;
  };
  return (
    <main class="sign-in" id="main">
      <h1>{text.product}</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const password = new FormData(event.currentTarget).get("password");
          void attempt(() => current().signIn(email.value, String(password)));
        }}
      >
        <label>
          {text.signIn.email}
          <input
            type="email"
            autocomplete="username"
            required
            value={email.value}
            onInput={(event) => (email.value = event.currentTarget.value)}
          />
        </label>
        <label>
          {text.signIn.password}
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        {wrong.value && (
          <p class="bad" role="alert">
            {wrong.value}
          </p>
        )}
        <button type="submit" class="primary" disabled={busy.value}>
          {text.signIn.submit}
        </button>
        <button
          type="button"
          class="bare"
          disabled={busy.value || !email.value}
          onClick={() =>
            void attempt(async () => {
              await current().resetPassword(email.value);
              toast(text.signIn.resetSent);
            })
          }
        >
          {text.signIn.forgot}
        </button>
      </form>
    </main>
  );
}
