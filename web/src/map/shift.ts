/**
 * Pictures of mainland map providers lie some hundred metres beside their place (GCJ-02). A tile of ours is put
 * together from theirs, in small squares that are each moved by the shift at their middle. Pure; the formula is that of
 * `gis/shifted_datums.py`.
 */

const AXIS = 6378245
const EE = 0.00669342162296594323

/** Degrees by which a place in mainland China is moved. */
export function shiftAt(lon: number, lat: number): [number, number] {
  const [x, y] = [lon - 105, lat - 35]
  const root = Math.sqrt(Math.abs(x))
  const wave = ((20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * 2) / 3
  let dlat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
  dlat += ((20 * Math.sin(y * Math.PI) + 40 * Math.sin((y / 3) * Math.PI)) * 2) / 3
  dlat += ((160 * Math.sin((y / 12) * Math.PI) + 320 * Math.sin((y * Math.PI) / 30)) * 2) / 3
  let dlon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
  dlon += ((20 * Math.sin(x * Math.PI) + 40 * Math.sin((x / 3) * Math.PI)) * 2) / 3
  dlon += ((150 * Math.sin((x / 12) * Math.PI) + 300 * Math.sin((x / 30) * Math.PI)) * 2) / 3
  const angle = (lat * Math.PI) / 180
  const magic = 1 - EE * Math.sin(angle) ** 2
  const degrees = 180 / Math.PI
  return [
    (dlon * degrees * Math.sqrt(magic)) / (AXIS * Math.cos(angle)),
    (dlat * degrees * magic ** 1.5) / (AXIS * (1 - EE)),
  ]
}

const column = (lon: number, n: number): number => ((lon + 180) / 360) * n
const row = (lat: number, n: number): number => ((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * n
const lonOf = (x: number, n: number): number => (x / n) * 360 - 180
const latOf = (y: number, n: number): number => (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / n))) * 180) / Math.PI

/** Squares along an edge of a tile: with four, no point of a picture of 256 pixels is 0.2 of a pixel beside its place. */
export const SQUARES = 4

/** A square of a tile (left and top in parts of it) and where its picture begins, in tiles of the provider. */
export interface Square {
  left: number
  top: number
  fromX: number
  fromY: number
}

/** What a tile of ours is made of. */
export function squaresOf(z: number, x: number, y: number, squares = SQUARES): Square[] {
  const n = 2 ** z
  const part = 1 / squares
  const found: Square[] = []
  for (let top = 0; top < 1; top += part) {
    for (let left = 0; left < 1; left += part) {
      const [midX, midY] = [x + left + part / 2, y + top + part / 2]
      const [lon, lat] = [lonOf(midX, n), latOf(midY, n)]
      const [dlon, dlat] = shiftAt(lon, lat)
      found.push({ left, top, fromX: column(lon + dlon, n) - part / 2, fromY: row(lat + dlat, n) - part / 2 })
    }
  }
  return found
}

/** The provider's tiles that some squares need, as `x/y`, each once. */
export function tilesOf(z: number, squares: readonly Square[], part = 1 / SQUARES): [number, number][] {
  const last = 2 ** z - 1
  const found = new Map<string, [number, number]>()
  for (const { fromX, fromY } of squares) {
    for (const x of [Math.floor(fromX), Math.floor(fromX + part)]) {
      for (const y of [Math.floor(fromY), Math.floor(fromY + part)]) {
        if (x >= 0 && y >= 0 && x <= last && y <= last) found.set(`${x}/${y}`, [x, y])
      }
    }
  }
  return [...found.values()]
}
