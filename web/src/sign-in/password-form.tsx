import { asCodedError } from "@parloir/client/core/link.ts";
import { type FormEvent, useId, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { signInWithPassword } from "../session.ts";

/** E-mail and password, for people whom no host application signs in. */
export function PasswordForm({ onSignedIn }: { onSignedIn: () => void }) {
  const { t } = useLanguage();
  const id = useId();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(null);
    try {
      await signInWithPassword(String(given.get("email")), String(given.get("password")));
      onSignedIn();
    } catch (error) {
      const { code } = asCodedError(error);
      if (code === "RATE_LIMITED") setProblem(t.signInTooMany);
      else if (code === "FORBIDDEN") setProblem(t.signInBanned);
      else setProblem(code === "UNAUTHENTICATED" || code === "INVALID" ? t.signInWrong : t.signInFailed);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className="sign-in-form" data-testid="password-form" onSubmit={(event) => void submit(event)}>
      <label htmlFor={`${id}email`}>{t.emailAddress}</label>
      <input id={`${id}email`} name="email" type="email" autoComplete="username" maxLength={320} required />
      <label htmlFor={`${id}password`}>{t.password}</label>
      <input
        id={`${id}password`}
        name="password"
        type="password"
        autoComplete="current-password"
        maxLength={200}
        required
      />
      {problem !== null && <p role="alert">{problem}</p>}
      <button type="submit" className="button button-filled" disabled={busy}>
        {t.signInAction}
      </button>
    </form>
  );
}
