import type { JSX } from 'preact'

/** The product's sign: a street with two lanes leaving it. */
export function Logo(): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
      <rect width="24" height="24" rx="5" />
      <path d="M12 4v16M5 9c3.5 2 10.5 2 14 0M6.5 16c3-2.5 8-2.5 11 0" />
    </svg>
  )
}
