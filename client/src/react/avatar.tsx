/** A picture, or the initials; decoration, since the name always stands beside it. */
export function Avatar({ name, url }: { name: string; url?: string | undefined }) {
  if (url) return <img className="avatar" src={url} alt="" loading="lazy" />;
  return (
    <span className="avatar" aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

export function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const [first, last] = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return (
    [first, last]
      .map((word) => (word ? ([...word][0] ?? "") : ""))
      .join("")
      .toLocaleUpperCase() || "?"
  );
}
