import type { JSX } from 'preact'
import type { ClockColour } from './clocks'

const RADIUS = 15
const AROUND = 2 * Math.PI * RADIUS

function Inside({ colour }: { colour: ClockColour }): JSX.Element {
  if (colour === 'soon') return <path class="mark" d="M18 12.5 23.500 22h-11L18 12.500Z" />
  if (colour === 'paused') return <path class="bars" d="M15.500 14v8M20.500 14v8" />
  return <circle class="mark" cx="18" cy="18" r="3" />
}

/** A clock as a shape: ring and dot, triangle, diamond with !, dashed with bars; its words stand beside it. */
export function ClockRing({ share, colour }: { share: number; colour: ClockColour }): JSX.Element {
  if (colour === 'late') {
    return (
      <svg class="clock-ring late" viewBox="0 0 36 36" aria-hidden="true">
        <path class="mark" d="M18 1.500 34.500 18 18 34.500 1.500 18 18 1.500Z" />
        <path class="sign" d="M18 10v9.500M18 25v.01" />
      </svg>
    )
  }
  const used = Math.min(Math.max(share, 0), 1) * AROUND
  return (
    <svg class={`clock-ring ${colour}`} viewBox="0 0 36 36" aria-hidden="true">
      <circle class="track" cx="18" cy="18" r={RADIUS} />
      {colour !== 'paused' && <circle class="used" cx="18" cy="18" r={RADIUS} stroke-dasharray={`${used} ${AROUND}`} transform="rotate(-90 18 18)" />}
      <Inside colour={colour} />
    </svg>
  )
}
