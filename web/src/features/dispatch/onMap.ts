/** What the map shows of the case in hand: its pin, who is on shift, what the cameras see, the component, likely duplicates. */
import { computed, effect } from '@preact/signals'
import type { Feature, FeatureCollection } from 'geojson'
import type { Map as MapLibre } from 'maplibre-gl'
import type { DeskAnswer, Located } from '../../api/types'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { standIn } from '../../map/drawn'
import { colours, mapOnScreen } from '../../map/engine'
import { NOTHING, standOver, type Drawn } from '../../map/over'
import { pinOf } from '../../map/pins'
import { mapTheme, store } from '../../map/store'
import { answer, clockTime } from './desk'
import { shortNo } from './words'

const ID = 'case-in-hand'
const WALK_M_PER_MIN = 80
const MOST_PEOPLE = 5

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const seconds = (text: string | null): number | null => (text === null ? null : Date.parse(text) / 1000)

interface Marked {
  role: 'pin' | 'person' | 'component' | 'duplicate'
  image: string
  words?: string
  no?: string
}
const mark = (lon: number, lat: number, properties: Marked): Feature => ({ type: 'Feature', properties, geometry: { type: 'Point', coordinates: [lon, lat] } })

/** Marks of a case, the pin last so that it lies on top. Pure but for the words. */
export function marksOf(of: DeskAnswer, now: Date): FeatureCollection {
  const { incident, proposed } = of.case
  const located = of.located as Located | null
  const people = (located?.staff ?? []).filter((one) => one.on_duty).slice(0, MOST_PEOPLE)
  const features = people.map((one) => {
    const walk = one.walk_m === null ? '' : ` · ${t('here.min', { n: number(Math.max(1, Math.ceil(one.walk_m / WALK_M_PER_MIN))) })}`
    return mark(one.lon, one.lat, { role: 'person', image: 'gw-on-shift', words: one.work_no + walk })
  })
  const component = located?.component
  if (component?.lon !== undefined && component.lat !== undefined) {
    features.push(mark(component.lon, component.lat, { role: 'component', image: 'gw-component', words: component.kind ?? component.code16 ?? '' }))
  }
  for (const one of proposed) features.push(mark(one.lon, one.lat, { role: 'duplicate', image: 'gw-duplicate', words: shortNo(one.no), no: one.no }))
  const { lon, lat, state, severity } = incident
  if (lon !== null && lat !== null) {
    const image = pinOf({ state, severity, due: seconds(incident.due_at), soon: seconds(incident.soon_at) }, now.getTime() / 1000)
    features.push(mark(lon, lat, { role: 'pin', image }))
  }
  return { type: 'FeatureCollection', features }
}

const pill = (): Record<string, unknown> => ({ 'text-color': colour('--tx'), 'text-halo-color': colour('--sf'), 'text-halo-width': 4 })
const written = { 'text-field': ['coalesce', ['get', 'words'], ''], 'text-font': ['Inter'], 'text-size': 12, 'text-anchor': 'left', 'text-offset': [1.1, 0], 'text-optional': true }

/** What the cameras that see the place see; where the map shows coverage it shows more than that. */
function cones(seeing: readonly string[]): Drawn[] {
  if (mapTheme.peek() === 'coverage') return []
  const seen = ['all', ['in', ['get', 'camera'], ['literal', [...seeing]]], ['!=', ['get', 'unknown'], true]]
  const paint = { 'fill-color': colours.peek()?.coverage[1] ?? colour('--ac'), 'fill-opacity': 0.35, 'fill-outline-color': colours.peek()?.coverage[2] ?? colour('--ac') }
  return [{ id: `${ID}-sheds`, type: 'fill', source: 'view_sheds', 'source-layer': 'view_sheds', filter: seen, paint }]
}

const drawings = (): Drawn[] => [
  { id: `${ID}-marks`, type: 'symbol', filter: ['!=', ['get', 'role'], 'pin'], layout: { 'icon-image': ['get', 'image'], 'icon-allow-overlap': true, ...written }, paint: pill() },
  { id: `${ID}-pin`, type: 'symbol', filter: ['==', ['get', 'role'], 'pin'], layout: { 'icon-image': ['get', 'image'], 'icon-anchor': 'bottom', 'icon-allow-overlap': true, 'icon-size': 1.2 } },
]

/** Names under which the map's tiles know the cameras that see the place. */
function seeingNow(): string[] {
  const located = answer.value?.located as Located | null | undefined
  return (located?.cameras.seeing ?? []).flatMap((one) => [one.id, one.gb28181_id, one.ref].filter((name): name is string => Boolean(name)))
}

/** One text for them: what is drawn anew changes with the cameras, not with every answer. */
const seeingKey = computed(() => JSON.stringify(seeingNow()))

function tellLegend(marks: FeatureCollection, seen: boolean): void {
  const images = new Set(marks.features.map(({ properties }) => (properties as unknown as Marked).image).filter((image) => !image.startsWith('gw-pin')))
  if (seen) images.add('gw-seen')
  standIn.value = { layers: images.size ? { incidents: 1 } : {}, images }
}

/** A click on a likely duplicate opens it. */
function listen(map: MapLibre): () => void {
  const onClick = (event: { features?: { properties: unknown }[] }): void => {
    const no = (event.features?.[0]?.properties as Marked | undefined)?.no
    if (!no) return
    const take = store.casePicker.peek()
    if (take) take(no)
    else store.incident.value = no
  }
  map.on('click', `${ID}-marks`, onClick as never)
  return () => map.off('click', `${ID}-marks`, onClick as never)
}

/** Keeps the marks of the case in hand on the map; returns how to stop. */
export function showCase(): () => void {
  return effect(() => {
    const map = mapOnScreen.value
    const seeing = JSON.parse(seeingKey.value) as string[]
    void [colours.value, mapTheme.value]
    if (!map) return
    const ground = standOver(map, `${ID}-ground`, cones(seeing), 'camera-dots')
    const over = standOver(map, ID, drawings())
    const deaf = listen(map)
    const stop = effect(() => {
      const now = answer.value
      const marks = now ? marksOf(now, clockTime.value) : NOTHING
      over.set(marks)
      tellLegend(marks, seeing.length > 0)
    })
    return () => {
      stop()
      deaf()
      over.stop()
      ground.stop()
      standIn.value = { layers: {}, images: new Set() }
    }
  })
}
