import { fr as chat } from "@parloir/client/react/texts/fr.ts";
import type { Catalogue } from "./catalogue.ts";

export const fr: Catalogue = {
  ...chat,
  languageName: "Français",
  signInTitle: "Se connecter à Parloir",
  signInHint:
    "Choisissez l’une des personnes de démonstration. Dans un second onglet, vous pouvez en être une autre.",
  signInElsewhere:
    "C’est l’application qui intègre Parloir qui connecte les personnes. Il n’y a rien à faire ici.",
  emailAddress: "Adresse e-mail",
  password: "Mot de passe",
  signInAction: "Se connecter",
  signInWrong: "L’adresse e-mail ou le mot de passe est incorrect.",
  signInTooMany: "Trop de tentatives. Réessayez dans un quart d’heure.",
  signInBanned: "Ce compte est fermé.",
  signInFailed: "Le serveur n’a pas répondu.",
  language: "Langue",
  theme: "Thème",
  themeSystem: "Automatique",
  themeLight: "Clair",
  themeDark: "Sombre",
  pushOn: "Ce navigateur vous signale les nouveaux messages, même sans page ouverte. Désactiver",
  pushOff: "Laisser ce navigateur vous signaler les nouveaux messages, même sans page ouverte",
  pushDenied:
    "Ce navigateur a reçu l’ordre de ne pas afficher de notifications. Ses réglages permettent de le changer",
  pushFailed: "Cela n’a pas fonctionné. Réessayez",
  newConversationWith: "À qui voulez-vous écrire ?",
  nobodyElse: "Il n’y a personne d’autre ici.",
  noDirectory: "Les conversations commencent dans votre application ; ici, on y répond.",
};
