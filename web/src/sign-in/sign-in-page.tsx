import { asCodedError } from "@parloir/client/core/link.ts";
import type { DemoAccount } from "@parloir/contracts/http.ts";
import { useCallback, useEffect, useState } from "react";
import { Avatar } from "../avatar.tsx";
import { useLanguage } from "../languages/language.tsx";
import { LanguageSwitch, ThemeSwitch } from "../preferences.tsx";
import { afterSignIn, go } from "../route.ts";
import { demoAccounts, signIn } from "../session.ts";

type Shown =
  | { state: "loading" }
  | { state: "accounts"; accounts: DemoAccount[] }
  | { state: "elsewhere" | "failed" };

export function SignInPage() {
  const { t, language } = useLanguage();
  const [shown, setShown] = useState<Shown>({ state: "loading" });
  const [chosen, setChosen] = useState<string | null>(null);

  const load = useCallback(() => {
    setShown({ state: "loading" });
    demoAccounts().then(
      (accounts) => setShown({ state: "accounts", accounts }),
      (error: unknown) =>
        setShown({ state: asCodedError(error).code === "NOT_FOUND" ? "elsewhere" : "failed" }),
    );
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
        {shown.state === "accounts" && <p>{t.signInHint}</p>}
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
      {shown.state === "accounts" && (
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
      <div className="sign-in-foot">
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
    </main>
  );
}
