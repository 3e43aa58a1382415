/** Small sums on longitude and latitude for drawing only; what is measured comes from the server. */
import type { MultiPolygon, Polygon } from 'geojson'

const EARTH = 6_371_008.8
const rad = (degrees: number): number => (degrees * Math.PI) / 180

/** Metres between two places on the sphere. */
export function metresBetween(a: [number, number], b: [number, number]): number {
  const dLat = rad(b[1] - a[1])
  const dLon = rad(b[0] - a[0])
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(rad(a[1])) * Math.cos(rad(b[1])) * Math.sin(dLon / 2) ** 2
  return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** A ring of so many metres about a place, to draw an accuracy. */
export function circle(lon: number, lat: number, radius: number, corners = 64): [number, number][] {
  const dLat = (radius / EARTH) * (180 / Math.PI)
  const dLon = dLat / Math.max(Math.cos(rad(lat)), 1e-6)
  const ring: [number, number][] = []
  for (let k = 0; k < corners; k += 1) {
    const turn = (2 * Math.PI * k) / corners
    ring.push([lon + dLon * Math.sin(turn), lat + dLat * Math.cos(turn)])
  }
  ring.push(ring[0] as [number, number])
  return ring
}

/** Metres that one screen pixel stands for (tiles of 512 pixels). */
export function metresPerPixel(zoom: number, lat: number): number {
  return (2 * Math.PI * EARTH * Math.cos(rad(lat))) / (512 * 2 ** zoom)
}

const mercator = (lat: number): number => Math.log(Math.tan(Math.PI / 4 + rad(lat) / 2)) / (2 * Math.PI)

/** The zoom at which a box of west, south, east, north fills so many pixels (tiles of 512 pixels). */
export function zoomOf([west, south, east, north]: [number, number, number, number], width: number, height: number): number {
  const across = width / (512 * Math.max((east - west) / 360, 1e-9))
  const down = height / (512 * Math.max(mercator(north) - mercator(south), 1e-9))
  return Math.log2(Math.min(across, down))
}

/** The longest round length (1, 2, 5 and tens of them) that fits into so many pixels. */
export function scaleLength(zoom: number, lat: number, pixels: number): { metres: number; pixels: number } {
  const each = metresPerPixel(zoom, lat)
  const most = each * pixels
  const ten = 10 ** Math.floor(Math.log10(most))
  const metres = [5, 2, 1].map((n) => n * ten).find((n) => n <= most) ?? ten
  return { metres, pixels: metres / each }
}

/** Reads `24.9459, 60.1697` (longitude first; swapped when only that fits the earth). */
export function readPosition(text: string): { lon: number; lat: number } | null {
  const match = /^\s*([+-−]?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*([+-−]?\d{1,3}(?:\.\d+)?)\s*$/.exec(text)
  if (!match) return null
  const [a, b] = [match[1], match[2]].map((part) => Number((part ?? '').replace('−', '-')))
  if (a === undefined || b === undefined) return null
  if (Math.abs(a) <= 180 && Math.abs(b) <= 90) return { lon: a, lat: b }
  if (Math.abs(b) <= 180 && Math.abs(a) <= 90) return { lon: b, lat: a }
  return null
}

/** West, south, east, north of an area. */
export function bboxOf(geometry: Polygon | MultiPolygon): [number, number, number, number] {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity]
  const rings = geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat()
  for (const [x = NaN, y = NaN] of rings.flat()) {
    if (x < box[0]) box[0] = x
    if (y < box[1]) box[1] = y
    if (x > box[2]) box[2] = x
    if (y > box[3]) box[3] = y
  }
  return box
}
