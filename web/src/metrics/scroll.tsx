import { type ReactNode, useEffect, useRef, useState } from "react";

interface ScrollProps {
  title: string;
  className?: string;
  children: ReactNode;
}

/** A table that may be larger than its place: where it is, one reaches it by the keyboard, to scroll it. */
export function Scroll({ title, className = "", children }: ScrollProps) {
  const place = useRef<HTMLElement>(null);
  const [overflows, setOverflows] = useState(false);

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const look = () =>
      setOverflows(element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight);
    const resize = new ResizeObserver(look);
    resize.observe(element);
    for (const child of element.children) resize.observe(child);
    return () => resize.disconnect();
  }, []);

  return (
    <section
      ref={place}
      className={`metrics-scroll ${className}`}
      aria-label={title}
      tabIndex={overflows ? 0 : undefined}
    >
      {children}
    </section>
  );
}
