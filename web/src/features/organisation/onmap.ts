/** What the organisation page draws on the map: grids without a head, places short of people, and the one chosen. */
import { effect } from '@preact/signals'
import type { Map as MapLibre } from 'maplibre-gl'
import { deskMarks } from '../../map/drawn'
import { NOTHING, standOver, type Drawn } from '../../map/over'
import { shown, vacantShapes } from './organisation'

const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

function layers(): Drawn[] {
  const points = ['==', ['geometry-type'], 'Point']
  const shapes = ['!', points]
  return [
    { id: 'vacant-fill', type: 'fill', filter: shapes, paint: { 'fill-color': css('--wn-f'), 'fill-opacity': 0.35 } },
    { id: 'vacant-line', type: 'line', filter: shapes, paint: { 'line-color': css('--wn'), 'line-width': 2.5, 'line-dasharray': [3, 2] } },
    { id: 'vacant-point', type: 'circle', filter: points, paint: { 'circle-radius': 9, 'circle-color': css('--wn-f'), 'circle-stroke-color': css('--sf'), 'circle-stroke-width': 2 } },
  ]
}

/** Draws on a map until it is told to stop. */
export function startOnMap(map: MapLibre): () => void {
  const over = standOver(map, 'vacancies', layers())
  const stop = effect(() => {
    const all = vacantShapes.data.value ?? NOTHING
    const rows = new Set(shown.value.map((row) => `${row.rule} ${row.code}`))
    const features = all.features.filter(({ properties }) => rows.has(`${String(properties?.rule)} ${String(properties?.code)}`))
    over.set({ ...all, features })
    deskMarks.value = features.length > 0 ? [{ words: 'org.vacantMark', colour: '--wn-f' }] : []
  })
  return () => {
    stop()
    over.stop()
    deskMarks.value = []
  }
}
