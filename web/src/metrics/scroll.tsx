import { type ReactNode, useEffect, useRef, useState } from "react";

/** A table that may be wider than the page: where it is, one reaches it by the keyboard, to scroll it. */
export function Scroll({ title, children }: { title: string; children: ReactNode }) {
  const place = useRef<HTMLElement>(null);
  const [overflows, setOverflows] = useState(false);

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const look = () => setOverflows(element.scrollWidth > element.clientWidth);
    const resize = new ResizeObserver(look);
    resize.observe(element);
    for (const child of element.children) resize.observe(child);
    return () => resize.disconnect();
  }, []);

  return (
    <section ref={place} className="metrics-scroll" aria-label={title} tabIndex={overflows ? 0 : undefined}>
      {children}
    </section>
  );
}
