import type { Database } from "@parloir/store/database.ts";
import { type KeptLetter, listLetters } from "@parloir/store/mailbox.ts";
import { Router } from "express";
import { escapeHtml } from "./docs/schema-text.ts";
import { styles } from "./docs/styles.ts";

/** `/dev/mailbox`: what would have been sent by e-mail. In development only: production refuses MAILBOX_PAGE at start. */
export function createMailbox(database: Database): Router {
  const router = Router();
  router.get("/dev/mailbox", async (_request, response) => {
    const letters = await listLetters(database);
    response.setHeader("cache-control", "no-store");
    response.type("html").send(page(letters));
  });
  return router;
}

function page(letters: KeptLetter[]): string {
  const body = letters.length === 0 ? "<p>Nothing yet.</p>" : letters.map(section).join("");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parloir: mailbox</title>
<style>${styles} body { display: block } pre { white-space: pre-wrap }</style>
</head>
<body>
<main>
<h1>Mailbox</h1>
<p>What would have been sent by e-mail, newest first. With <code>SMTP_URL</code> it is sent.</p>
${body}
</main>
</body>
</html>
`;
}

function section({ address, subject, content, createdAt }: KeptLetter): string {
  return `<section><h3>${escapeHtml(subject)}</h3>
<p>${escapeHtml(address)} · <time datetime="${createdAt}">${createdAt}</time></p><pre>${escapeHtml(content)}</pre></section>`;
}
