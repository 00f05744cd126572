import { Avatar } from "@parloir/client/react/avatar.tsx";
import type { DemoAccount } from "@parloir/contracts/http.ts";
import { useCallback, useEffect, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { LanguageSwitch, ThemeSwitch } from "../preferences.tsx";
import { afterSignIn, go } from "../route.ts";
import { demoAccounts, offers, resume, signIn } from "../session.ts";
import { PasswordForm } from "./password-form.tsx";

type Shown =
  | { state: "loading" }
  | { state: "ready"; password: boolean; accounts: DemoAccount[] }
  | { state: "elsewhere" | "failed" };

async function look(): Promise<Shown> {
  const { password, demo } = await offers();
  if (password && (await resume())) {
    go(afterSignIn());
    return { state: "loading" };
  }
  const accounts = demo ? await demoAccounts() : [];
  return password || accounts.length > 0 ? { state: "ready", password, accounts } : { state: "elsewhere" };
}

export function SignInPage() {
  const { t, language } = useLanguage();
  const [shown, setShown] = useState<Shown>({ state: "loading" });
  const [chosen, setChosen] = useState<string | null>(null);

  const load = useCallback(() => {
    setShown({ state: "loading" });
    look().then(setShown, () => setShown({ state: "failed" }));
  }, []);
  useEffect(load, [load]);

  async function choose(account: DemoAccount) {
    setChosen(account.id);
    try {
      await signIn(account.id);
      go(afterSignIn());
    } catch {
      setShown({ state: "failed" });
    } finally {
      setChosen(null);
    }
  }

  return (
    <main className="sign-in">
      <div className="sign-in-head">
        <img src="/favicon.svg" alt="" width="40" height="40" />
        <h1>{t.signInTitle}</h1>
        {shown.state === "ready" && shown.accounts.length > 0 && <p>{t.signInHint}</p>}
      </div>
      {shown.state === "loading" && (
        <p className="sign-in-note" role="status">
          {t.loading}
        </p>
      )}
      {shown.state === "elsewhere" && (
        <p className="sign-in-note" data-testid="sign-in-elsewhere">
          {t.signInElsewhere}
        </p>
      )}
      {shown.state === "failed" && (
        <p className="sign-in-note" role="alert">
          {t.signInFailed}{" "}
          <button type="button" className="button-text" onClick={load}>
            {t.tryAgain}
          </button>
        </p>
      )}
      {shown.state === "ready" && shown.accounts.length > 0 && (
        <ul className="sign-in-people">
          {shown.accounts.map((account) => (
            <li key={account.id}>
              <button
                type="button"
                className="person"
                data-demo-account={account.id}
                disabled={chosen !== null}
                onClick={() => void choose(account)}
              >
                <Avatar name={account.name} />
                <span>
                  <span className="person-name">{account.name}</span>
                  <span className="person-title">{account.title[language]}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {shown.state === "ready" && shown.password && <PasswordForm onSignedIn={() => go(afterSignIn())} />}
      <div className="sign-in-foot">
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
    </main>
  );
}
