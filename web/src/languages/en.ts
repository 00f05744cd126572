import { en as chat } from "@parloir/client/react/texts/en.ts";

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
  nobodyElse: "There is nobody else here.",
  noDirectory: "Conversations begin in your application; here they are answered.",
};
