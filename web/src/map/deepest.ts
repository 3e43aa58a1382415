/** The place for a label in what is seen of an area. Pure. */

export type Pixel = [number, number]

/** Pixels between two places that are tried. */
const STEP = 24
/** Nearer to an edge than this a label would hang over it. */
const LEAST = 36

const holds = (ring: readonly Pixel[], [x, y]: Pixel): boolean => {
  let inside = false
  for (let k = 0, last = ring.length - 1; k < ring.length; last = k++) {
    const [a, b] = [ring[k] as Pixel, ring[last] as Pixel]
    if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside
  }
  return inside
}

/**
 * The place of a screen that lies deepest in polygons (each a list of rings, in pixels); null where they are too narrow.
 *
 * Tries a lattice and measures each place to the nearest one outside: close enough for a label, and quick.
 */
export function deepest(polygons: readonly (readonly (readonly Pixel[])[])[], width: number, height: number): Pixel | null {
  const [columns, rows] = [Math.floor(width / STEP), Math.floor(height / STEP)]
  const at = (column: number, row: number): Pixel => [(column + 0.5) * (width / columns), (row + 0.5) * (height / rows)]
  const outside: Pixel[] = []
  const inside: Pixel[] = []
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const place = at(column, row)
      const within = polygons.some((rings) => rings.filter((ring) => holds(ring, place)).length % 2 === 1)
      ;(within ? inside : outside).push(place)
    }
  }
  let best: Pixel | null = null
  let most = LEAST
  for (const place of inside) {
    let free = Math.min(place[0], place[1], width - place[0], height - place[1])
    for (const other of outside) {
      if (free <= most) break
      free = Math.min(free, Math.hypot(other[0] - place[0], other[1] - place[1]))
    }
    if (free > most) [best, most] = [place, free]
  }
  return best
}
