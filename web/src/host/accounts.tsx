import { useLanguage } from "../languages/language.tsx";
import { useHostTexts } from "./texts.ts";

const accounts = [
  { id: "FR76 •••• 4410", kind: "current", euros: 2_418.36 },
  { id: "FR76 •••• 9027", kind: "savings", euros: 12_050 },
  { id: "FR76 •••• 3385", kind: "business", euros: 48_902.11 },
] as const;

const movements = [
  { text: "Atelier Nord", euros: -184 },
  { text: "Marché Croix-Rousse", euros: -37.4 },
  { text: "Becker GmbH", euros: 1_290 },
] as const;

/** What the bank's own application shows; only the last line is ours. */
export function Accounts({ unread, adviser }: { unread: number; adviser: string }) {
  const { language } = useLanguage();
  const t = useHostTexts();
  const euros = new Intl.NumberFormat(language, { style: "currency", currency: "EUR" });
  return (
    <>
      <ul className="accounts">
        {accounts.map(({ id, kind, euros: amount }) => (
          <li key={id} className="card">
            <p className="quiet">{t.accounts[kind]}</p>
            <p className="account-amount">{euros.format(amount)}</p>
            <p className="quiet">{id}</p>
          </li>
        ))}
      </ul>
      <section className="card" aria-labelledby="movements">
        <h2 id="movements">{t.movements}</h2>
        <ul className="movements">
          {movements.map(({ text, euros: amount }) => (
            <li key={text}>
              <span>{text}</span>
              <span data-sign={amount < 0 ? "minus" : "plus"}>{euros.format(amount)}</span>
            </li>
          ))}
        </ul>
      </section>
      <p className="quiet" data-testid="adviser-line">
        {unread > 0 ? t.adviserWrote(adviser, unread) : t.adviserIsThere(adviser)}
      </p>
    </>
  );
}
