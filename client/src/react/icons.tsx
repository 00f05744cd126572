const paths = {
  logo: "M4 5h16a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-8l-5 4.5v-4.5H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z",
  plus: "M12 5v14M5 12h14",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  send: "M5 12h13M12 6l6 6-6 6",
  down: "M6 9l6 6 6-6",
  clock: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  check: "M5 12.5l4.5 4.5L19 7.5",
  checks: "M2 12.5l4.5 4.5L15 8M11.5 16l1 1L22 7.5",
  warning: "M12 8v5M12 16.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  theme: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M15 4v16M18 6v12",
  bell: "M6 16v-5a6 6 0 0 1 12 0v5l2 2H4zM10 21h4",
  device: "M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 18h2",
  deviceOff: "M8 3h8a1 1 0 0 1 1 1v13M17 20a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V7M11 18h2M4 4l16 16",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  attach: "M20 11.5l-8 8a5 5 0 0 1-7-7l8.5-8.5a3.5 3.5 0 0 1 5 5L10 17.5a2 2 0 0 1-3-3l7.5-7.5",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  reply: "M9 8l-5 5 5 5M4 13h10a6 6 0 0 1 6 6",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  archive: "M4 5h16v4H4zM5 9v10h14V9M10 13h4",
  block: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.6 5.6l12.8 12.8",
  gear: "M4 7h10M18 7h2M4 17h2M10 17h10M14 7a2 2 0 1 0 4 0 2 2 0 0 0-4 0zM6 17a2 2 0 1 0 4 0 2 2 0 0 0-4 0z",
  bin: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  smile: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.5 14a4.5 4.5 0 0 0 7 0M9 9.5h.01M15 9.5h.01",
  mic: "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5 11a7 7 0 0 0 14 0M12 18v3",
  micOff:
    "M9 9V6a3 3 0 0 1 6 0v5M15 14a3 3 0 0 1-6-2M5 11a7 7 0 0 0 11 5.7M19 11a7 7 0 0 1-.5 2.5M12 18v3M4 4l16 16",
  video: "M3 7h12v10H3zM15 11l6-4v10l-6-4",
  videoOff: "M7 7h8v8M15 17H3V7M15 11l6-4v10l-3-2M3 3l18 18",
  hangUp: "M3 15a13 13 0 0 1 18 0l-2 3-4-1.5v-3a12 12 0 0 0-6 0v3L5 18z",
  larger: "M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5",
  play: "M7 5l12 7-12 7z",
  pause: "M8 5v14M16 5v14",
  next: "M9 5l7 7-7 7",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5",
  sound: "M4 10v4h4l5 4V6L8 10zM16.5 9a4 4 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11",
  muted: "M4 10v4h4l5 4V6L8 10zM16 10l5 5M21 10l-5 5",
  people:
    "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM3 20a6 6 0 0 1 12 0M15.5 5.4a3.5 3.5 0 0 1 0 6.2M17.5 14.6A6 6 0 0 1 21 20",
  leave: "M14 4h5v16h-5M4 12h10M10 8l4 4-4 4",
} as const;

export type IconName = keyof typeof paths;

/** Those that point along the line of text: from right to left they point the other way. */
const pointing: ReadonlySet<IconName> = new Set(["back", "next", "send", "reply", "leave"]);

/** Drawn with the text's colour; always beside a word or a label. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={size < 16 ? 2.5 : 2}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      data-points={pointing.has(name) || undefined}
    >
      <path d={paths[name]} />
    </svg>
  );
}
