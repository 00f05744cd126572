/** What people write in the generated archive: French or English, common words often, most words hardly ever. */

const french =
  "le la les de des un une et est je vous nous ma mon votre notre bonjour merci commande livraison facture paiement remboursement colis adresse délai retard problème question réponse compte client produit article numéro téléphone demain aujourd'hui semaine été déjà très bientôt reçu envoyé annulé expédié prévu acheté payé cassé perdu trouvé vérifié créé modifié appartement bâtiment étage clé porte fenêtre chauffage électricité réparation technicien rendez-vous devis contrat signature dossier document pièce jointe photo équipe responsable conseiller agence banque virement carte prélèvement crédit épargne assurance garantie échange retour boutique vendeur acheteur annonce prix réduction promotion livré disponible";
const english =
  "the a of and is to I you we my your our hello thanks order delivery invoice payment refund parcel address delay late problem question answer account customer product item number phone tomorrow today week summer already very soon received sent cancelled shipped planned bought paid broken lost found checked created changed flat building floor key door window heating electricity repair technician appointment quote contract signature file document attachment picture team manager adviser branch bank transfer card debit credit savings insurance warranty exchange return shop seller buyer listing price discount offer delivered available";

const syllables =
  "ba bé bo ca ce chi da de do fa fé fi ga gi go la lé lo ma mi mo na né no pa pi po ra ré ro sa si so ta té to va vé vo".split(
    " ",
  );
const rareWords = 20_000;

export const vocabularies = { french: vocabulary(french, "on"), english: vocabulary(english, "er") };
export type Language = keyof typeof vocabularies;

/** Common words first, then words that exist nowhere, so that the rest has a tail as real text has. */
function vocabulary(common: string, ending: string): string[] {
  const rare = Array.from({ length: rareWords }, (_, index) => rareWord(index) + ending);
  return [...common.split(" "), ...rare];
}

function rareWord(index: number): string {
  const { length } = syllables;
  const places = [index % length, Math.floor(index / length) % length, Math.floor(index / length ** 2) + 3];
  return places.map((place) => syllables[(place * 7 + 5) % length]!).join("");
}

const orders = 1_000_000;
const shortest = 3;
const longest = 24;

/** One message. The n-th most common word is drawn in proportion to 1/n, as in real text. */
export function sentence(language: Language, random: () => number): string {
  const words = vocabularies[language];
  const count = shortest + Math.floor((longest - shortest) * random() ** 2);
  const drawn = Array.from({ length: count }, () => words[Math.floor(words.length ** random()) - 1]!);
  if (random() < 0.02) drawn.push(orderNumber(Math.floor(random() * orders)));
  const text = drawn.join(" ");
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

export function orderNumber(number: number): string {
  return `A-${String(number).padStart(6, "0")}`;
}
