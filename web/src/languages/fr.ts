import { fr as chat } from "@parloir/client/react/texts/fr.ts";
import { pluralIn } from "@parloir/client/react/texts/plural.ts";
import type { Catalogue } from "./catalogue.ts";

const plural = pluralIn("fr");

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
  theTeamHint: "Posez une question ; qui est là répond",
  findPeople: "Chercher par nom",
  noContacts:
    "Vous ne partagez encore de conversation avec personne. Saisissez un nom pour chercher quelqu’un.",
  nobodyFound: "Vous ne pouvez trouver personne de ce nom.",
  peopleFailed: "La recherche de personnes n’a pas fonctionné.",
  peopleFound: (count) =>
    plural(count, { one: `${count} personne trouvée`, other: `${count} personnes trouvées` }),
  morePeople: "Afficher plus",
  chosen: "Choisis",
  takeBack: (name) => `${name} : ne pas choisir`,
  roleName: (role) => ({ technician: "Technique", agent: "Équipe", admin: "Équipe" })[role] ?? "",
  groupTitle: "Titre du groupe (facultatif)",
  beginGroup: (count) => `Créer un groupe de ${count}`,
  personGone: "Cette personne n’est plus là.",
  membersCount: (count) => plural(count, { one: `${count} membre`, other: `${count} membres` }),
  addMembers: "Ajouter des personnes",
  addChosen: (count) =>
    count === 0
      ? "Ajouter"
      : plural(count, { one: `Ajouter ${count} personne`, other: `Ajouter ${count} personnes` }),
  removeMember: (name) => `Retirer ${name} du groupe`,
  reallyRemove: "Vraiment retirer",
};
