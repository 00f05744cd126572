/** False only where `partsOf` finds no link; cheap. */
export function mayHaveLinks(content: string): boolean {
  return /\S[.@]\S|:\/\/|mailto:|localhost/i.test(content);
}
