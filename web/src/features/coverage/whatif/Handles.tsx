import type { Map as MapLibre } from 'maplibre-gl'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../../../i18n'
import { number, position } from '../../../i18n/format'
import { mapBearing, mapOnScreen } from '../../../map/engine'
import { metresPerPixel } from '../../../map/geometry'
import { dragFrom } from '../../../map/hand'
import { narrow } from '../narrow'
import type { CameraIdea } from '../types'
import { headingOnScreen, stepped, turned } from './geometry'
import { nameOf, saveExisting } from './existing'
import { keep } from './keep'
import { bestHeading, change, chosenKey, discard, drop, ideas, originals, seenByKey } from './state'

const TURN = 5
const ARM_LEAST = 44
const ARM_MOST = 120

/** Draws again whenever the map moves. */
export function useMoves(map: MapLibre | null): void {
  const [, draw] = useState(0)
  useEffect(() => {
    if (!map) return
    const moved = (): void => draw((n) => n + 1)
    map.on('move', moved)
    map.on('resize', moved)
    return () => {
      map.off('move', moved)
      map.off('resize', moved)
    }
  }, [map])
}

/** Metres east and north of an arrow key: one, with Shift ten. */
export function arrowStep(event: KeyboardEvent): [number, number] | null {
  const far = event.shiftKey ? 10 : 1
  const way = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, far], ArrowDown: [0, -far] }[event.key]
  return (way as [number, number] | undefined) ?? null
}

function onKey(event: KeyboardEvent, one: CameraIdea): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const step = arrowStep(event)
  const acts: Record<string, () => void> = {
    ',': () => change(one.key, { azimuth: (one.azimuth ?? 0) - TURN }),
    '.': () => change(one.key, { azimuth: (one.azimuth ?? 0) + TURN }),
    h: () => void bestHeading(one.key),
    H: () => void bestHeading(one.key),
    Delete: () => drop(one.key),
    Enter: () => void (one.id ? saveExisting() : keep()),
    Escape: () => (one.id ? drop(one.key) : ideas.peek().length > 1 ? (chosenKey.value = null) : discard()),
  }
  const act = step ? () => move(one, step) : acts[event.key]
  if (!act) return
  event.preventDefault()
  event.stopPropagation()
  act()
}

function move(one: CameraIdea, [east, north]: [number, number]): void {
  const [lon, lat] = stepped([one.lon, one.lat], east, north)
  change(one.key, { lon, lat })
}

function TurnHandle({ map, one, from }: { map: MapLibre; one: CameraIdea; from: [number, number] }): JSX.Element | null {
  if (one.azimuth === null || one.ptz || one.dome) return null
  const range = one.max_range / metresPerPixel(map.getZoom(), one.lat)
  const arm = Math.min(Math.max(range * 0.6, ARM_LEAST), ARM_MOST)
  const turn = ((one.azimuth - mapBearing.value) * Math.PI) / 180
  const at: [number, number] = [from[0] + Math.sin(turn) * arm, from[1] - Math.cos(turn) * arm]
  const before = one.azimuth
  const grab = (event: PointerEvent): void =>
    dragFrom(map, event, {
      moved: (px) => change(one.key, { azimuth: headingOnScreen(from, px, mapBearing.peek()) }),
      dropped: () => undefined,
      left: () => change(one.key, { azimuth: before }),
    })
  const key = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -15, PageUp: 15, ',': -TURN, '.': TURN }[event.key]
    if (by === undefined) return
    event.preventDefault()
    event.stopPropagation()
    change(one.key, { azimuth: (one.azimuth as number) + by * (event.shiftKey ? 10 : 1) })
  }
  return (
    <>
      <svg class="idea-arm" aria-hidden="true">
        <line x1={from[0]} y1={from[1]} x2={at[0]} y2={at[1]} />
      </svg>
      <button
        type="button"
        class="turn-handle"
        role="slider"
        aria-label={t('whatif.heading')}
        aria-valuemin={0}
        aria-valuemax={359}
        aria-valuenow={Math.round(turned(one.azimuth))}
        aria-valuetext={`${Math.round(turned(one.azimuth))}°`}
        style={{ left: `${at[0]}px`, top: `${at[1]}px` }}
        onPointerDown={grab}
        onKeyDown={key}
      />
    </>
  )
}

function Handle({ map, one, n }: { map: MapLibre; one: CameraIdea; n: number }): JSX.Element {
  const spot = map.project([one.lon, one.lat])
  const from: [number, number] = [spot.x, spot.y]
  const selected = chosenKey.value === one.key
  const refused = seenByKey.value.get(one.key)?.allowed === false
  const before = { lon: one.lon, lat: one.lat }
  const grab = (event: PointerEvent): void => {
    chosenKey.value = one.key
    dragFrom(map, event, {
      moved: (px) => {
        const { lng, lat } = map.unproject(px)
        change(one.key, { lon: Number(lng.toFixed(9)), lat: Number(lat.toFixed(9)) })
      },
      dropped: () => undefined,
      left: () => change(one.key, before),
    })
  }
  const was = one.id ? originals.value.get(one.id) : undefined
  const words = t(was ? 'whatif.handleOf' : 'whatif.handle', { n, ref: was ? nameOf(was) : '', heading: one.azimuth === null ? '–' : `${number(one.azimuth)}°`, place: position(one.lon, one.lat) })
  return (
    <>
      {selected && <TurnHandle map={map} one={one} from={from} />}
      <button
        type="button"
        class={`idea-handle ${selected ? 'chosen' : ''} ${refused ? 'refused' : ''}`}
        data-idea={one.key}
        aria-label={words}
        aria-pressed={selected}
        style={{ left: `${from[0]}px`, top: `${from[1]}px` }}
        onPointerDown={grab}
        onFocus={() => (chosenKey.value = one.key)}
        onKeyDown={(event) => onKey(event, one)}
      >
        {ideas.value.length > 1 ? n : ''}
      </button>
    </>
  )
}

/** The proposed cameras over the map: to be dragged, turned, and moved by the arrow keys. */
export function Handles(): JSX.Element | null {
  const map = mapOnScreen.value
  useMoves(map)
  const key = chosenKey.value
  useEffect(() => {
    // a camera that was just put on the map is in the hand
    if (key && !document.activeElement?.closest('.whatif-card, .panel-scroll')) document.querySelector<HTMLElement>(`[data-idea="${key}"]`)?.focus({ preventScroll: true })
    const one = ideas.peek().find((idea) => idea.key === key)
    // a phone's card covers the lower half of the map
    if (map && one && narrow.peek()) map.easeTo({ center: [one.lon, one.lat], offset: [0, -map.getCanvas().clientHeight / 4], duration: 0 })
  }, [key])
  if (!map || ideas.value.length === 0) return null
  return (
    <div class="handles" role="group" aria-label={t('whatif.handles')}>
      {ideas.value.map((one, k) => (
        <Handle key={one.key} map={map} one={one} n={k + 1} />
      ))}
    </div>
  )
}
