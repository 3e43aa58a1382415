/** What cameras see by the question of the run on screen, where the map's own tiles tell of another: of now. */
import { effect } from '@preact/signals'
import type { FeatureCollection, MultiPolygon, Polygon } from 'geojson'
import { ask } from '../../api/client'
import { layers as catalogue } from '../../api/data'
import { resource } from '../../api/resource'
import { colours } from '../../map/engine'
import type { Drawn } from '../../map/over'
import { layerShown } from '../../map/store'
import { isShared, report } from './desk'
import { onFoot } from './posts/state'

/** `share` is the part of the time in which the camera counts; `unknown` that its heading or sensor is not known. */
interface ShedFacts {
  camera: string
  unknown: boolean
  online: boolean
  share: number
}
/** `as_then` is false when what the run read has changed: its view sheds are those of the register as it is now. */
type RunSheds = FeatureCollection<Polygon | MultiPolygon, ShedFacts> & { as_then: boolean }

export const runSheds = resource(async (abort) => {
  const run = report.peek()?.run.id
  return run ? ask<RunSheds>(`/api/v1/coverage/runs/${run}/sheds`, { signal: abort }) : null
})

/** Fetches them while a run is on screen that the map's own layers do not draw. */
export function startRunSheds(): () => void {
  let of: string | null = null
  return effect(() => {
    const wanted = report.value && !isShared.value ? report.value.run.id : null
    if (wanted === of) return
    of = wanted
    // those of another run would be wrong, however short
    runSheds.clear()
    if (wanted) void runSheds.load()
  })
}

/** Whether a layer that this desk draws in the stead of the map's own is switched on. */
export function standsIn(id: string): boolean {
  const byDefault = catalogue.data.value?.find((one) => one.id === id)?.visible ?? true
  return !isShared.value && !onFoot.value && layerShown(id, byDefault)
}

export function runShedShapes(): FeatureCollection {
  const found = standsIn('view_sheds') ? (runSheds.data.value?.features ?? []) : []
  return { type: 'FeatureCollection', features: found.filter((one) => one.properties.share > 0) }
}

const SEEN_FROM = 15
const UNKNOWN_FROM = 16

/** How many view sheds are on the map at a zoom: surely seen and, of unknown heading, maybe. */
export function runShedsTold(zoom: number): { seen: number; unknown: number } {
  const { features } = runShedShapes()
  const unknown = features.filter((one) => one.properties?.unknown).length
  return { seen: zoom >= SEEN_FROM ? features.length - unknown : 0, unknown: zoom >= UNKNOWN_FROM ? unknown : 0 }
}

/** As the map's own: stacked where more than one camera sees, paler the less of the time; a dashed line for maybe. */
export function runShedLayers(): Drawn[] {
  const palette = colours.value
  if (!palette) return []
  const [known, unknown] = [['!', ['get', 'unknown']], ['get', 'unknown']]
  const tone = palette.coverage[2]
  return [
    { id: 'run-shed', type: 'fill', filter: known, minzoom: SEEN_FROM, paint: { 'fill-color': tone, 'fill-opacity': ['*', 0.34, ['get', 'share']], 'fill-antialias': false } },
    { id: 'run-shed-line', type: 'line', filter: known, minzoom: SEEN_FROM, paint: { 'line-color': tone, 'line-width': 1, 'line-opacity': ['*', 0.6, ['get', 'share']] } },
    { id: 'run-shed-unknown', type: 'line', filter: unknown, minzoom: UNKNOWN_FROM, paint: { 'line-color': palette.paused, 'line-width': 1, 'line-dasharray': [3, 3], 'line-opacity': 0.55 } },
  ]
}
