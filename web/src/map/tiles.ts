/** Which tiles of a source lie under a box, so that a change far away does not fetch the screen anew. */

export interface TileId {
  x: number
  y: number
  z: number
}

const clampLat = (lat: number): number => Math.max(-85.05, Math.min(85.05, lat))
const column = (lon: number, z: number): number => Math.floor(((lon + 180) / 360) * 2 ** z)
function row(lat: number, z: number): number {
  const sine = Math.sin((clampLat(lat) * Math.PI) / 180)
  return Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 2 ** z)
}

/** Tiles of one zoom under a box of west, south, east, north; null when there are too many to name. */
export function tilesUnder(bbox: [number, number, number, number], z: number, most = 256): TileId[] | null {
  const [west, south, east, north] = bbox
  const last = 2 ** z - 1
  const left = Math.max(0, column(west, z))
  const right = Math.min(last, column(east, z))
  const top = Math.max(0, row(north, z))
  const bottom = Math.min(last, row(south, z))
  if ((right - left + 1) * (bottom - top + 1) > most) return null
  const tiles: TileId[] = []
  for (let x = left; x <= right; x += 1) for (let y = top; y <= bottom; y += 1) tiles.push({ x, y, z })
  return tiles
}

/** The address of tiles as they are now, in place of the address of one version of them. */
export const withoutVersion = (address: string): string => address.replace(/[?&]v=[^&]*$/, '')
