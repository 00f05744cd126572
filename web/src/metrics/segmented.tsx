interface SegmentedProps<Name extends string> {
  label: string;
  /** What each is called, in their order. */
  names: Record<Name, string>;
  chosen: Name;
  choose: (name: Name) => void;
}

/** One of a few, all in sight. */
export function Segmented<Name extends string>({ label, names, chosen, choose }: SegmentedProps<Name>) {
  return (
    <fieldset className="segmented" aria-label={label}>
      {(Object.keys(names) as Name[]).map((each) => (
        <button key={each} type="button" aria-pressed={chosen === each} onClick={() => choose(each)}>
          {names[each]}
        </button>
      ))}
    </fieldset>
  );
}
