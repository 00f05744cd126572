interface SentenceProps {
  say: (name: string) => string;
  name: string;
}

/** In no text of ours. */
const place = "\u0000";

/** A sentence of ours about somebody: their name keeps its direction to itself, wherever it stands in it. */
export function Sentence({ say, name }: SentenceProps) {
  const [before = "", after = ""] = say(place).split(place);
  return (
    <>
      {before}
      <bdi>{name}</bdi>
      {after}
    </>
  );
}
