// Drawn for this page on a grid of 24; hidden from screen readers, as their buttons
// have names.

const PATHS = {
  back: "M15 5l-7 7 7 7",
  check: "M5 12.5l4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9l6 6 6-6",
  download: "M12 4v11m-5-5l5 5 5-5M5 20h14",
  edit: "M4 20l1-4L16 5l3 3L8 19z",
  flag: "M6 21V4h11l-2 4 2 4H6",
  mic: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  note: "M5 4h14v10l-6 6H5zM13 20v-6h6",
  pause: "M8 5v14M16 5v14",
  play: "M7 4.5v15l12-7.5z",
  retry: "M20 11a8 8 0 1 0-2 6M20 5v6h-6",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l4.5 4.5",
  settings: "M4 7h9m4 0h3M15 5v4M4 17h3m4 0h9M9 15v4",
  stop: "M6 6h12v12H6z",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  up: "M6 15l6-6 6 6",
  upload: "M12 16V5m-5 5l5-5 5 5M5 20h14",
  warning: "M12 4l9 16H3zM12 10v4M12 17v.5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
