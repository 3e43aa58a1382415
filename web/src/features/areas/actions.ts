/** What actions on areas come to, as far as a list can tell; the ground is the server's. Pure. */
import type { Area, AreaAction } from './areas'

export interface Listed {
  code: string
  name: string
  kind: string
  bbox: Area['bbox']
}

export type Doing = AreaAction['kind']

/** How many areas an action takes: least and most. */
export const TAKES: Record<Doing, [number, number]> = { merge: [2, 200], split: [1, 1], transfer: [2, 2], rename: [1, 1], renumber: [1, 1] }

/** Whether an action draws something. */
export const draws = (doing: Doing): boolean => doing === 'split' || doing === 'transfer'

/** The areas as they are called after actions. */
export function areasAfter(areas: readonly Listed[], actions: readonly AreaAction[]): Listed[] {
  let rest = [...areas]
  for (const { kind, areas: codes, code, name } of actions) {
    const first = rest.find((one) => one.code === codes[0])
    if (!first) continue
    if (kind === 'merge') {
      const boxes = rest.filter((one) => codes.includes(one.code)).map((one) => one.bbox)
      const bbox = boxes.reduce((a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])])
      rest = rest.filter((one) => !codes.includes(one.code))
      rest.push({ ...first, code: code || first.code, name: name || first.name, bbox })
    } else if (kind === 'split') rest.push({ ...first, code: code ?? '', name: name ?? '' })
    else if (kind === 'rename') rest = rest.map((one) => (one.code === first.code ? { ...one, name: name ?? '' } : one))
    else if (kind === 'renumber') rest = rest.map((one) => (one.code === first.code ? { ...one, code: code ?? '' } : one))
  }
  return rest.sort((a, b) => a.code.localeCompare(b.code))
}

/** A code next to those of the same length that nobody holds. */
export function freeCode(areas: readonly Listed[], like: string): string {
  const taken = new Set(areas.map((one) => one.code))
  const width = like.length
  for (let step = 1; step < 1000; step += 1) {
    const tail = String((Number(like.slice(-3)) + step) % 1000).padStart(3, '0')
    const code = like.slice(0, width - 3) + tail
    if (tail !== '000' && !taken.has(code)) return code
  }
  return ''
}

/** Reads places typed as `lon lat, lon lat, …`; null where one of them is none. */
export function readPlaces(text: string): [number, number][] | null {
  const parts = text.split(/[,;\n]+/).map((part) => part.trim()).filter(Boolean)
  const places = parts.map((part) => part.split(/\s+/).map((one) => Number(one.replace('−', '-'))))
  const good = places.every((at) => at.length === 2 && at.every(Number.isFinite) && Math.abs(at[0] ?? 999) <= 180 && Math.abs(at[1] ?? 999) <= 90)
  return good ? (places as [number, number][]) : null
}

/** Writes places as they can be typed. */
export const writePlaces = (places: readonly [number, number][]): string => places.map(([lon, lat]) => `${lon.toFixed(6)} ${lat.toFixed(6)}`).join(', ')

/** What is drawn as GeoJSON; null while there are too few places. */
export function drawnOf(places: readonly [number, number][], ring: boolean): AreaAction['drawn'] {
  if (places.length < (ring ? 3 : 2)) return null
  const first = places[0] as [number, number]
  return ring ? { type: 'Polygon', coordinates: [[...places, first]] } : { type: 'LineString', coordinates: [...places] }
}

/** Rows as a CSV file that spreadsheets open in the right letters. */
export function toCsv(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number): string => {
    const text = String(value)
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return '\uFEFF' + [head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'
}

/** Reads totals by code: two columns, a header or none; a line that is none is told by its number. */
export function readTotals(text: string): { totals: Record<string, number>; bad: number | null } {
  const totals: Record<string, number> = {}
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  for (const [at, line] of lines.entries()) {
    const [code = '', value = ''] = line.split(/[,;\t]/).map((one) => one.trim().replace(/^"|"$/g, ''))
    if (!code && !value) continue
    const number = Number(value)
    if (value === '' || !Number.isFinite(number)) {
      if (at === 0) continue
      return { totals, bad: at + 1 }
    }
    totals[code] = (totals[code] ?? 0) + number
  }
  return { totals, bad: null }
}
