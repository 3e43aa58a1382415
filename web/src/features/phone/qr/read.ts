/** Reads a square code in a picture: for browsers that can't by themselves. Pure.
 *
 * The three corner squares give a first guess at where the cells lie; the small square near the fourth corner is looked
 * for around the guess, since a plate is never held quite straight. What is read is checked by its own correction bytes.
 */
import { decode } from './decode'
import { corners, shade, type Corner, type Shade } from './picture'
import { alignment, LARGEST, sizeOf } from './shapes'

interface Point {
  x: number
  y: number
}
type Cast = (x: number, y: number) => Point

const MOST_CORNERS = 8
const MOST_TRIES = 12
/** How far around its guess the small square is looked for, in cells. */
const LOOK_CELLS = 4

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y)

/** Three corner squares in their order: upper left, upper right, lower left; the better ones first. */
function triples(found: readonly Corner[]): [Corner, Corner, Corner][] {
  const some = found.slice(0, MOST_CORNERS)
  const fits: { bad: number; three: [Corner, Corner, Corner] }[] = []
  for (const [i, first] of some.entries()) {
    for (const [j, second] of some.entries()) {
      for (const third of some.slice(j + 1)) {
        if (second === first || third === first) continue
        const a = distance(first, second)
        const b = distance(first, third)
        const far = distance(second, third)
        const cell = (first.cell + second.cell + third.cell) / 3
        const bad = Math.abs(a - b) / Math.max(a, b) + Math.abs(far - Math.hypot(a, b)) / far + [first, second, third].reduce((sum, one) => sum + Math.abs(one.cell - cell) / cell, 0)
        if (bad > 1 || Math.min(a, b) < cell * 10) continue
        // seen from the upper left one the right one lies clockwise of the lower one
        const turn = (second.x - first.x) * (third.y - first.y) - (second.y - first.y) * (third.x - first.x)
        fits.push({ bad: bad + i * 0.001, three: turn > 0 ? [first, second, third] : [first, third, second] })
      }
    }
  }
  return fits
    .sort((one, other) => one.bad - other.bad)
    .slice(0, 4)
    .map(({ three }) => three)
}

/** The projection that brings four points of the code's cells to four points of the picture (Heckbert 1989). */
function projection(from: readonly Point[], to: readonly Point[]): Cast {
  const rows = from.flatMap(({ x, y }, k) => {
    const { x: u, y: v } = to[k] as Point
    return [
      [x, y, 1, 0, 0, 0, -x * u, -y * u, u],
      [0, 0, 0, x, y, 1, -x * v, -y * v, v],
    ]
  })
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = solved(rows)
  return (x, y) => {
    const w = g * x + h * y + 1
    return { x: (a * x + b * y + c) / w, y: (d * x + e * y + f) / w }
  }
}

/** Solves linear equations, each a row that ends with its right side. */
function solved(rows: number[][]): number[] {
  const n = rows.length
  for (let k = 0; k < n; k++) {
    const best = rows.slice(k).reduce((top, row, i) => (Math.abs(row[k] ?? 0) > Math.abs(rows[top]?.[k] ?? 0) ? k + i : top), k)
    ;[rows[k], rows[best]] = [rows[best] as number[], rows[k] as number[]]
    const lead = rows[k] as number[]
    const first = lead[k] || 1e-12
    for (let j = k; j <= n; j++) lead[j] = (lead[j] ?? 0) / first
    rows.forEach((row, i) => {
      const factor = row[k] ?? 0
      if (i !== k && factor) for (let j = k; j <= n; j++) row[j] = (row[j] ?? 0) - factor * (lead[j] ?? 0)
    })
  }
  return rows.map((row) => row[n] ?? 0)
}

const darkAt = ({ width, height, dark }: Shade, { x, y }: Point): number => {
  const px = Math.floor(x)
  const py = Math.floor(y)
  return px >= 0 && py >= 0 && px < width && py < height ? (dark[py * width + px] ?? 0) : 0
}

/** How many cells of the small square near the fourth corner are as they should be; of 25. */
function squareFits(picture: Shade, cast: Cast, middle: number): number {
  let fits = 0
  for (let y = -2; y <= 2; y++) {
    for (let x = -2; x <= 2; x++) {
      const want = Math.max(Math.abs(x), Math.abs(y)) === 1 ? 0 : 1
      if (darkAt(picture, cast(middle + x, middle + y)) === want) fits += 1
    }
  }
  return fits
}

/** The likeliest ways in which the cells of a version lie in the picture, the best first. */
function casts(picture: Shade, [upper, right, lower]: [Corner, Corner, Corner], version: number): Cast[] {
  const size = sizeOf(version)
  const far = size - 3.5
  const known = [{ x: 3.5, y: 3.5 }, { x: far, y: 3.5 }, { x: 3.5, y: far }]
  const along = { x: (right.x - upper.x) / (size - 7), y: (right.y - upper.y) / (size - 7) }
  const down = { x: (lower.x - upper.x) / (size - 7), y: (lower.y - upper.y) / (size - 7) }
  const last = alignment(version).at(-1)
  const middle = last === undefined ? far : last + 0.5
  const guess = (i: number, j: number): Point => {
    const [cx, cy] = [middle - 3.5 + i, middle - 3.5 + j]
    return { x: upper.x + along.x * cx + down.x * cy, y: upper.y + along.y * cx + down.y * cy }
  }
  const tried: { cast: Cast; fits: number }[] = []
  const reach = last === undefined ? 0 : LOOK_CELLS
  for (let j = -reach; j <= reach; j += 0.5) {
    for (let i = -reach; i <= reach; i += 0.5) {
      const cast = projection([...known, { x: middle, y: middle }], [upper, right, lower, guess(i, j)])
      tried.push({ cast, fits: squareFits(picture, cast, middle) - Math.hypot(i, j) * 0.2 })
    }
  }
  return tried
    .sort((one, other) => other.fits - one.fits)
    .slice(0, MOST_TRIES)
    .map(({ cast }) => cast)
}

function cells(picture: Shade, cast: Cast, version: number): Uint8Array {
  const size = sizeOf(version)
  return Uint8Array.from({ length: size * size }, (_, k) => darkAt(picture, cast((k % size) + 0.5, Math.floor(k / size) + 0.5)))
}

/** Reads the text of a square code in a picture; null when there is none that can be read. */
export function readSquare(rgba: Uint8ClampedArray, width: number, height: number): string | null {
  const picture = shade(rgba, width, height)
  for (const three of triples(corners(picture))) {
    const [upper, right, lower] = three
    const cell = (upper.cell + right.cell + lower.cell) / 3
    const guess = Math.round(((distance(upper, right) + distance(upper, lower)) / 2 / cell + 7 - 17) / 4)
    for (const version of [guess, guess - 1, guess + 1]) {
      if (version < 1 || version > LARGEST) continue
      for (const cast of casts(picture, three, version)) {
        const text = decode({ version, dark: cells(picture, cast, version) })
        if (text) return text
      }
    }
  }
  return null
}
