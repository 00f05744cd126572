import { en as chat } from "@parloir/client/react/texts/en.ts";

import { pluralIn } from "@parloir/client/react/texts/plural.ts";

const plural = pluralIn("en");

export const en = {
  ...chat,
  languageName: "English",
  signInTitle: "Sign in to Parloir",
  signInHint: "Choose one of the demonstration people. In a second tab you can be somebody else.",
  signInElsewhere:
    "The application that embeds Parloir signs people in. There is nothing to do on this page.",
  emailAddress: "E-mail address",
  password: "Password",
  signInAction: "Sign in",
  signInWrong: "The e-mail address or the password is wrong.",
  signInTooMany: "Too many attempts. Try again in a quarter of an hour.",
  signInBanned: "This account is closed.",
  signInFailed: "The server did not answer.",
  language: "Language",
  theme: "Theme",
  themeSystem: "Automatic",
  themeLight: "Light",
  themeDark: "Dark",
  pushOn: "This browser tells you of new messages, also without an open page. Switch it off",
  pushOff: "Let this browser tell you of new messages, also without an open page",
  pushDenied: "This browser was told not to show notifications. You can change that in its settings",
  pushFailed: "That did not work. Try again",
  newConversationWith: "Who do you want to write to?",
  theTeamHint: "Ask a question; whoever is there answers",
  findPeople: "Find somebody by name",
  noContacts: "You share no conversation with anybody yet. Type a name to look for somebody.",
  nobodyFound: "You can find nobody of this name.",
  peopleFailed: "People could not be looked for.",
  peopleFound: (count: number) => plural(count, { one: "1 person found", other: `${count} people found` }),
  morePeople: "Show more",
  chosen: "Chosen",
  takeBack: (name: string) => `${name}: do not choose`,
  roleName: (role: string) => ({ technician: "Technician", agent: "Team", admin: "Team" })[role] ?? "",
  groupTitle: "Title of the group (optional)",
  beginGroup: (count: number) => `Begin a group of ${count}`,
  personGone: "This person is not there any more.",
  membersCount: (count: number) => plural(count, { one: "1 member", other: `${count} members` }),
  addMembers: "Add people",
  addChosen: (count: number) =>
    count === 0 ? "Add" : plural(count, { one: "Add 1 person", other: `Add ${count} people` }),
  removeMember: (name: string) => `Take ${name} out of the group`,
  reallyRemove: "Really take out",
};
