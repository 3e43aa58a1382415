/** Metres about one place: figures that follow the hand are computed here, the server's replace them. Pure. */

export type XY = [number, number]
export type LonLat = [number, number]

export interface Plane {
  to: (at: LonLat) => XY
  from: (at: XY) => LonLat
}

const A = 6_378_137
const E2 = 0.006_694_379_990_14
const RAD = Math.PI / 180

/** A flat frame on the WGS84 ellipsoid, true at its middle; a town across it is off by less than a pen stroke. */
export function planeAt([lon0, lat0]: LonLat): Plane {
  const s = 1 - E2 * Math.sin(lat0 * RAD) ** 2
  const east = (A / Math.sqrt(s)) * Math.cos(lat0 * RAD) * RAD
  const north = ((A * (1 - E2)) / s ** 1.5) * RAD
  const round = (value: number): number => Math.round(value * 1e9) / 1e9
  return {
    to: ([lon, lat]) => [(lon - lon0) * east, (lat - lat0) * north],
    from: ([x, y]) => [round(lon0 + x / east), round(lat0 + y / north)],
  }
}

export const apart = (a: XY, b: XY): number => Math.hypot(a[0] - b[0], a[1] - b[1])

/** Length of a line in metres. */
export function lengthOf(line: readonly XY[]): number {
  let sum = 0
  for (let k = 1; k < line.length; k += 1) sum += apart(line[k - 1] as XY, line[k] as XY)
  return sum
}

/** Twice-halved cross products along a path: of a closed ring, its area, positive counter-clockwise. */
export function sweep(line: readonly XY[]): number {
  let sum = 0
  for (let k = 1; k < line.length; k += 1) {
    const [a, b] = [line[k - 1] as XY, line[k] as XY]
    sum += a[0] * b[1] - b[0] * a[1]
  }
  return sum / 2
}

export const closed = (ring: readonly XY[]): XY[] => [...ring, ring[0] as XY]

/** Whether a ray from the point to the east crosses a path an odd number of times. */
export function odd(path: readonly XY[], x: number, y: number): boolean {
  let inside = false
  for (let k = 1; k < path.length; k += 1) {
    const [a, b] = [path[k - 1] as XY, path[k] as XY]
    if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside
  }
  return inside
}

/** Nearest point of a segment and how far along it lies, 0 to 1. */
export function nearestOn(a: XY, b: XY, p: XY): { at: XY; along: number; away: number } {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]]
  const long = dx * dx + dy * dy
  const along = long === 0 ? 0 : Math.min(Math.max(((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / long, 0), 1)
  const at: XY = [a[0] + along * dx, a[1] + along * dy]
  return { at, along, away: apart(at, p) }
}

/** Where two segments cross in their insides, as shares of each; null when they do not. */
export function crossing(a: XY, b: XY, c: XY, d: XY): { one: number; other: number } | null {
  const [rx, ry, sx, sy] = [b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]]
  const cross = rx * sy - ry * sx
  if (cross === 0) return null
  const one = ((c[0] - a[0]) * sy - (c[1] - a[1]) * sx) / cross
  const other = ((c[0] - a[0]) * ry - (c[1] - a[1]) * rx) / cross
  return one >= 0 && one <= 1 && other >= 0 && other <= 1 ? { one, other } : null
}

export type Box = [number, number, number, number]

/** West, south, east, north of some points. */
export function boxOf(points: readonly XY[]): Box {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x, y] of points) {
    if (x < box[0]) box[0] = x
    if (y < box[1]) box[1] = y
    if (x > box[2]) box[2] = x
    if (y > box[3]) box[3] = y
  }
  return box
}
