/** Whose reach on foot is asked for, how far, and of which kind: kept in the address. Pure. */
export const MINUTES = [5, 10, 15, 30, 60] as const

export interface Walk {
  of: 'facility' | 'post'
  minutes: number
  kind: string | null
}
export const USUAL: Walk = { of: 'facility', minutes: 15, kind: null }

/** Reads `post/10/clinic`; nonsense gives the usual. */
export function readWalk(text: string | null): Walk {
  const [of, minutes, kind] = (text ?? '').split('/')
  return {
    of: of === 'post' ? 'post' : 'facility',
    minutes: MINUTES.find((one) => String(one) === minutes) ?? USUAL.minutes,
    kind: kind || null,
  }
}

/** Writes it; null where it is the usual. */
export function writeWalk(walk: Walk): string | null {
  if (walk.of === USUAL.of && walk.minutes === USUAL.minutes && !walk.kind) return null
  return [walk.of, walk.minutes, ...(walk.kind ? [walk.kind] : [])].join('/')
}
