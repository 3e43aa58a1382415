import type { JSX } from 'preact'

/** Outlines on a 24-unit square. */
const paths: Record<string, string> = {
  pin: 'M12 21c4-5 7-8.5 7-12a7 7 0 1 0-14 0c0 3.5 3 7 7 12ZM12 11.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  down: 'm6 9 6 6 6-6',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM20 20l-4-4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5 19 19M5 19l1.5-1.5M17.5 6.5 19 5',
  help: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM9.5 9.5a2.5 2.5 0 1 1 3.5 2.300c-.7.400-1 .9-1 1.700M12 16.5v.01',
  person: 'M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM5 21c0-4 3-6.5 7-6.5s7 2.5 7 6.5',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  target: 'M12 17a5 5 0 1 0 0-10 5 5 0 0 0 0 10ZM12 2v5M12 17v5M2 12h5M17 12h5',
  layers: 'm12 3 9 5-9 5-9-5 9-5ZM3 12.5l9 5 9-5M3 16.5l9 5 9-5',
  fit: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  close: 'M6 6l12 12M18 6 6 18',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  warning: 'M12 4 2.5 20h19L12 4ZM12 10v4M12 17v.01',
  alert: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 8v5M12 16v.01',
  refresh: 'M4 12a8 8 0 0 1 14-5.300L20 9M20 4v5h-5M20 12a8 8 0 0 1-14 5.300L4 15M4 20v-5h5',
  offline: 'M3 3l18 18M8.5 15.5a5 5 0 0 1 6 0M5 12a10 10 0 0 1 5-2.600M19 12a10 10 0 0 0-3-2M2 8.5A15 15 0 0 1 7 5.800M22 8.5a15 15 0 0 0-10-3.900M12 19v.01',
  list: 'M8 6h12M8 12h12M8 18h12M4 6v.01M4 12v.01M4 18v.01',
  map: 'm3 6 6-2 6 2 6-2v14l-6 2-6-2-6 2V6ZM9 4v14M15 6v14',
  download: 'M12 4v11M7 11l5 5 5-5M4 20h16',
  camera: 'M4 8.5 15 4l3 6.5L7.5 15 4 8.5ZM9 14.5V18H4M18 10.5l3-.5',
  people: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c0-3.600 2.800-6 6.5-6s6.5 2.400 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5c2.200.800 3.5 2.800 3.5 5.5',
  send: 'M21 3 3 10.5l7 3 3 7L21 3ZM10 13.5 14.5 9',
  edit: 'm4 20 1-4.5L16 4.5l3.5 3.5-11 11L4 20ZM13.5 7l3.5 3.5',
  lock: 'M6 11h12v9H6v-9ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  history: 'M4 12a8 8 0 1 0 2.5-5.800L4 8.5M4 4v4.5h4.5M12 8v4.5l3 2',
  ruler: 'M4 15.500 15.500 4 20 8.500 8.500 20 4 15.500ZM7 12.500l2 2M9.500 10l3 3M12.500 7l2 2',
  chat: 'M4 5h16v11H10l-4 4v-4H4V5Z',
  bolt: 'M13.5 3 5 13.5h6L10 21l9-11h-6.5l1-7Z',
  stop: 'M7 7h10v10H7V7Z',
  signOut: 'M14 4H5v16h9M10 12h11M17 8l4 4-4 4',
  clear: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM9 9l6 6M15 9l-6 6',
  sparkle: 'm12 3 1.800 5.200L19 10l-5.200 1.800L12 17l-1.800-5.200L5 10l5.200-1.800L12 3ZM18.5 16v4M16.5 18h4',
  owner: 'M4 20V8l8-5 8 5v12M9 20v-6h6v6',
  north: 'M12 3 6 20l6-4 6 4-6-17Z',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  sortUp: 'M12 19V5M6 11l6-6 6 6',
  sortDown: 'M12 5v14M6 13l6 6 6-6',
  compare: 'M4 4h16v16H4V4ZM12 4v16',
  swipe: 'm8 7-5 5 5 5M16 7l5 5-5 5',
  pointer: 'M6 3l12 10.500-5.500.500 3 6-2.500 1-2.800-6L6 18.500V3Z',
  border: 'M5 19C7 9 13 5 19 5M5 21a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM19 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  split: 'M7 9a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5ZM7 20a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5ZM9 8l11 9M9 16.500 20 7',
  merge: 'M4 4h6v6H4V4ZM14 14h6v6h-6v-6ZM14 4h6v6h-6M4 14h6v6H4v-6ZM10 7h4M7 10v4M17 10v4M10 17h4',
  brush: 'M20 4 10 13.500M8.500 13a3.500 3.500 0 0 0-4 3.500c0 2-1.500 2.500-1.500 2.500 3 2 8.500 1.500 8.500-2.500a3.500 3.500 0 0 0-3-3.500Z',
  lasso: 'M12 4c-5 0-9 2.500-9 6s4 6 9 6 9-2.500 9-6-4-6-9-6ZM6 15c-1 1-1 3 .5 3.500S9 20 8 21',
  rectangle: 'M4 5h3M10 5h4M17 5h3v3M20 11v3M20 17v2h-3M14 19h-4M7 19H4v-2M4 14v-3M4 8V5',
  polygon: 'M5 6h14v12H5V6ZM5 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM19 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM5 20a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM19 20a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  magnet: 'M5 4v8a7 7 0 0 0 14 0V4h-4.500v8a2.500 2.500 0 0 1-5 0V4H5ZM5 8h4.500M14.500 8H19',
  wand: 'M4 20 15 9M14 4v3M20 10h-3M18.500 5.500l-2 2M10 5v2M19 14h-2',
  undo: 'M9 5 4 10l5 5M4 10h10a6 6 0 0 1 0 12h-3',
  redo: 'm15 5 5 5-5 5M20 10H10a6 6 0 0 0 0 12h3',
  report: 'M6 3h9l4 4v14H6V3ZM14 3v5h5M9 13h7M9 17h7',
}

export type IconName = keyof typeof paths

/** A line icon; decorative unless it has a `title`. */
export function Icon({ name, title }: { name: string; title?: string }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" role={title ? 'img' : undefined} aria-hidden={title ? undefined : true}>
      {title && <title>{title}</title>}
      <path d={paths[name] ?? ''} />
    </svg>
  )
}
