const en = {
  title: "Messages",
  close: "Close",
  back: "Back",
  start: "New conversation",
  team: "Support",
  empty: "No conversations yet",
  emptyHint: "Start one: somebody will answer you here.",
  loading: "Loading…",
  failed: "This could not be loaded.",
  again: "Try again",
  write: "Write a message",
  send: "Send",
  older: "Older messages",
  typing: (name: string) => `${name} is typing…`,
  somebody: "Somebody",
  sending: "Sending",
  sent: "Sent",
  read: "Read",
  notSent: "Not sent",
  deleted: "This message was deleted",
  edited: "Edited",
  offline: "Not connected. What you write is sent as soon as the connection is back.",
  unread: (count: number) => `${count} unread`,
  arrived: (count: number) => (count === 1 ? "1 new message" : `${count} new messages`),
};

export type WidgetTexts = typeof en;

const fr: WidgetTexts = {
  title: "Messages",
  close: "Fermer",
  back: "Retour",
  start: "Nouvelle conversation",
  team: "Support",
  empty: "Aucune conversation",
  emptyHint: "Commencez-en une : on vous répondra ici.",
  loading: "Chargement…",
  failed: "Le chargement a échoué.",
  again: "Réessayer",
  write: "Écrire un message",
  send: "Envoyer",
  older: "Messages plus anciens",
  typing: (name) => `${name} écrit…`,
  somebody: "Quelqu’un",
  sending: "Envoi",
  sent: "Envoyé",
  read: "Lu",
  notSent: "Non envoyé",
  deleted: "Ce message a été supprimé",
  edited: "Modifié",
  offline: "Non connecté. Ce que vous écrivez partira dès que la connexion sera revenue.",
  unread: (count) => (count < 2 ? `${count} non lu` : `${count} non lus`),
  arrived: (count) => (count < 2 ? `${count} nouveau message` : `${count} nouveaux messages`),
};

export function textsFor(language: string | undefined): { t: WidgetTexts; language: "en" | "fr" } {
  const wanted = language ?? navigator.language;
  return wanted.toLowerCase().startsWith("fr") ? { t: fr, language: "fr" } : { t: en, language: "en" };
}
