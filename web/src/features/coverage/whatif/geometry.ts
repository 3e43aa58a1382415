/** Headings and steps on the ground, for handles that follow the hand. Pure. */
import { planeAt, type LonLat } from '../../planner/edit/plane'

/** A heading in degrees from 0 up to 360. */
export const turned = (degrees: number): number => ((degrees % 360) + 360) % 360

/** A place so many metres to the east and north of another. */
export function stepped(at: LonLat, east: number, north: number): LonLat {
  return planeAt(at).from([east, north])
}

/** A place so many metres off in a heading. */
export function ahead(at: LonLat, heading: number, metres: number): LonLat {
  const turn = (heading * Math.PI) / 180
  return stepped(at, Math.sin(turn) * metres, Math.cos(turn) * metres)
}

/** The outline that a camera would see with nothing in the way. */
export function fan(at: LonLat, heading: number | null, field: number, range: number, step = 6): LonLat[] {
  const whole = heading === null || field >= 360
  const from = whole ? 0 : (heading as number) - field / 2
  const wide = whole ? 360 : field
  const many = Math.max(2, Math.ceil(wide / step))
  const arc = Array.from({ length: many + 1 }, (_, k) => ahead(at, from + (wide * k) / many, range))
  return whole ? arc : [at, ...arc, at]
}

/** The heading from one spot of the screen to another on a map that may be turned. */
export function headingOnScreen(from: [number, number], to: [number, number], bearing: number): number {
  return turned((Math.atan2(to[0] - from[0], from[1] - to[1]) * 180) / Math.PI + bearing)
}
