import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { planGrids } from '../../../api/data'
import { number } from '../../../i18n/format'
import { groundPicture } from '../../../map/second'
import { store } from '../../../map/store'
import { deviationClass } from '../../../ui/histogram'
import { boxOf, type Box, type LonLat } from './plane'
import { gridById, type EditedGrid } from './state'
import { arcsAbout, ringsOf, type Topology } from './topology'
import { meets } from './wanted'
import { numberOf } from './words'

export type Shapes = Record<string, LonLat[][]>
export interface Row {
  id: string
  households: number
  deviation: number | null
}

const MAP = { width: 280, height: 188 }
const OVER = 6
export const shapesOf = (grids: readonly EditedGrid[]): Shapes => Object.fromEntries(grids.map((grid) => [grid.id, (grid.geometry.coordinates as unknown as LonLat[][][]).flat()]))

/** Where all small maps look: as pixels of a drawing, and as a view of a map. */
export interface Frame {
  project: (at: LonLat) => string
  center: LonLat
  zoom: number
}

/** The frame that holds some points. */
export function frameOf(points: LonLat[]): Frame {
  const [west, south, east, north] = boxOf(points)
  const center: LonLat = [(west + east) / 2, (south + north) / 2]
  const shrink = Math.cos((center[1] * Math.PI) / 180)
  const scale = Math.min((MAP.width - 16) / ((east - west) * shrink || 1), (MAP.height - 16) / (north - south || 1))
  return {
    center,
    // a map shows 512 pixels of the world's width at zoom 0
    zoom: Math.log2((scale * shrink * 360) / 512),
    project: ([lon, lat]) => `${(MAP.width / 2 + (lon - center[0]) * shrink * scale).toFixed(1)},${(MAP.height / 2 - (lat - center[1]) * scale).toFixed(1)}`,
  }
}

/** Room about what changed: as much again on each side, and a street's width at least. */
export function widened(points: LonLat[]): LonLat[] {
  const [west, south, east, north] = boxOf(points)
  const room = Math.max((east - west) * 0.5, north - south, 0.0006)
  return [
    [west - room, south - room],
    [east + room, north + room],
  ]
}

/** Edges that are in one version alone. */
export function changed(shapes: Shapes, before: Shapes): LonLat[][] {
  const edge = (a: LonLat, b: LonLat): string => [String(a), String(b)].sort().join(' ')
  const edges = (of: Shapes): [LonLat, LonLat][] => Object.values(of).flat().flatMap((ring) => ring.slice(1).map((b, k): [LonLat, LonLat] => [ring[k] as LonLat, b]))
  const old = new Set(edges(before).map(([a, b]) => edge(a, b)))
  return edges(shapes).filter(([a, b]) => !old.has(edge(a, b)))
}

/** Streets, buildings and water of the frame, once they are drawn; null without WebGL. */
export function useGround({ center, zoom }: Frame): string | null {
  const [image, setImage] = useState<string | null>(null)
  const plan = planGrids.data.value?.plan.id ?? ''
  const theme = store.theme.value
  useEffect(() => {
    let gone = false
    groundPicture({ plan, theme, mapTheme: 'deviation', tolerance: planGrids.data.peek()?.tolerance ?? 0.1 }, { center, zoom }, [MAP.width, MAP.height])
      .then((drawn) => void (gone || setImage(drawn)))
      // the shapes say what happened without the streets, too
      .catch(() => undefined)
    return () => void (gone = true)
  }, [plan, theme, center[0], center[1], zoom])
  return image
}

/** A grid beside those in dispute. */
export interface Other {
  id: string
  rings: LonLat[][]
  deviation: number | null
}

/** Grids beside those in dispute, as far as they reach into the frame. */
export function othersOf(here: Topology | null, ids: ReadonlySet<string>, box: Box): Other[] {
  if (!here) return []
  return [...here.atomsOf.keys()].flatMap((id) => {
    const grid = gridById.peek().get(id)
    if (ids.has(id) || !grid || !meets(grid.bbox, box)) return []
    const rings = ringsOf(arcsAbout(here, id), id).map((ring) => ring.map(here.plane.from))
    return [{ id, rings, deviation: grid.deviation }]
  })
}

interface SmallMapProps {
  shapes: Shapes
  before: Shapes
  around: Other[]
  rows: Row[]
  frame: Frame
  ground: string | null
  drawn: LonLat[]
  label: string
}

/** Stripes of grids out of band, the same as on the map. */
function Hatches(): JSX.Element {
  return (
    <defs>
      <pattern id="small-under" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path d="M0 0V6" class="small-hatch" />
      </pattern>
      <pattern id="small-over" width="3.5" height="3.5" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
        <path d="M0 0V3.5" class="small-hatch" />
      </pattern>
    </defs>
  )
}

function GridFill({ path, of }: { path: string; of: number }): JSX.Element {
  return (
    <>
      <path d={path} fill-rule="evenodd" class="small-fill" style={{ fill: `var(--dev-${of})` }} />
      {of === 0 && <path d={path} fill-rule="evenodd" fill="url(#small-under)" />}
      {of === OVER && <path d={path} fill-rule="evenodd" fill="url(#small-over)" />}
    </>
  )
}

/** One version of the ground in dispute. */
export function SmallMap({ shapes, before, around, rows, frame, ground, drawn, label }: SmallMapProps): JSX.Element {
  const tolerance = planGrids.data.value?.tolerance ?? 0.1
  const { project } = frame
  const path = (rings: LonLat[][]): string => rings.map((ring) => `M${ring.map(project).join('L')}`).join('')
  const deviationOf = (id: string): number | null => rows.find((row) => row.id === id)?.deviation ?? null
  const middle = (id: string): [number, number] => {
    const [west, south, east, north] = boxOf((shapes[id] ?? [])[0] ?? [])
    const [x, y] = project([(west + east) / 2, (south + north) / 2]).split(',').map(Number)
    // a grid that reaches out of the map has its number at the edge
    return [Math.min(Math.max(x ?? 0, 24), MAP.width - 24), Math.min(Math.max(y ?? 0, 18), MAP.height - 24)]
  }
  return (
    <svg class="small-map" viewBox={`0 0 ${MAP.width} ${MAP.height}`} role="img" aria-label={label}>
      <Hatches />
      {[...around, ...Object.entries(shapes).map(([id, rings]) => ({ id, rings, deviation: deviationOf(id) }))].map(({ id, rings, deviation }) => (
        <GridFill key={id} path={path(rings)} of={deviationClass(deviation ?? 0, tolerance)} />
      ))}
      {ground && <image href={ground} width={MAP.width} height={MAP.height} />}
      <path d={path(around.flatMap(({ rings }) => rings))} class="small-around" />
      <path d={path(Object.values(shapes).flat())} class="small-grid" />
      <path d={path(changed(before, shapes))} class="small-old" />
      <path d={path(changed(shapes, before))} class="small-new" />
      {drawn.length > 1 && <path d={path([drawn])} class="small-new" />}
      {rows.map(({ id, households }) => {
        const [x, y] = middle(id)
        return (
          <text key={id} x={x} y={y} class="small-label">
            <tspan class="strong">{numberOf(id)}</tspan>
            <tspan x={x} dy="14">
              {number(households)}
            </tspan>
          </text>
        )
      })}
    </svg>
  )
}
