import type { Map as MapLibre } from 'maplibre-gl'
import type { JSX } from 'preact'
import { useLayoutEffect } from 'preact/hooks'
import { t } from '../../../i18n'
import { position } from '../../../i18n/format'
import { editHand } from '../../../map/editing'
import { mapOnScreen } from '../../../map/engine'
import { dragFrom } from '../../../map/hand'
import { arrowStep, useMoves } from '../whatif/Handles'
import { stepped } from '../whatif/geometry'
import { addCorner, draft, dropCorner, finish, insertCorner, letGo, moveCorner, type LonLat } from './state'

const fixed = (lng: number, lat: number): LonLat => [Number(lng.toFixed(9)), Number(lat.toFixed(9))]
const focusCorner = (k: number): void => void requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-corner="${k}"]`)?.focus({ preventScroll: true }))

function Corner({ map, at, k, many }: { map: MapLibre; at: LonLat; k: number; many: number }): JSX.Element {
  const { x, y } = map.project(at)
  const key = (event: KeyboardEvent): void => {
    const step = arrowStep(event)
    if (step) moveCorner(k, stepped(at, step[0], step[1]))
    else if (event.key === 'Delete' || event.key === 'Backspace') {
      dropCorner(k)
      focusCorner(Math.max(0, k - 1))
    } else if (event.key === '.') focusCorner((k + 1) % many)
    else if (event.key === ',') focusCorner((k - 1 + many) % many)
    else if (event.key === '+') {
      const next = draft.peek()?.ring[(k + 1) % many]
      if (next) insertCorner(k, fixed((at[0] + next[0]) / 2, (at[1] + next[1]) / 2))
      focusCorner(k + 1)
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <button
      type="button"
      class="corner"
      data-corner={k}
      aria-label={t('zones.corner', { n: k + 1, all: many, place: position(at[0], at[1]) })}
      style={{ left: `${x}px`, top: `${y}px` }}
      onPointerDown={(event) =>
        dragFrom(map, event, {
          moved: (px) => {
            const { lng, lat } = map.unproject(px)
            moveCorner(k, fixed(lng, lat))
          },
          dropped: () => undefined,
          left: () => moveCorner(k, at),
        })
      }
      onKeyDown={key}
    />
  )
}

function Between({ map, a, b, k }: { map: MapLibre; a: LonLat; b: LonLat; k: number }): JSX.Element {
  const [p, q] = [map.project(a), map.project(b)]
  const middle: LonLat = fixed((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
  return (
    <button
      type="button"
      class="corner between"
      tabIndex={-1}
      aria-label={t('zones.insert', { n: k + 1 })}
      style={{ left: `${(p.x + q.x) / 2}px`, top: `${(p.y + q.y) / 2}px` }}
      onClick={() => {
        insertCorner(k, middle)
        focusCorner(k + 1)
      }}
    />
  )
}

/** The hand puts corners down: a click, or Enter in the middle of the map. */
function useDrawing(map: MapLibre | null, on: boolean): void {
  useLayoutEffect(() => {
    if (!map || !on) return
    editHand.value = (pointer) => {
      if (pointer.kind === 'tap') addCorner(fixed(pointer.at[0], pointer.at[1]))
      return false
    }
    document.querySelector<HTMLElement>('#map-canvas')?.focus()
    const key = (event: KeyboardEvent): void => {
      if (event.target !== map.getCanvas()) return
      const many = draft.peek()?.ring.length ?? 0
      const { lng, lat } = map.getCenter()
      if (event.key === 'Enter' && event.shiftKey) finish()
      else if (event.key === 'Enter') addCorner(fixed(lng, lat))
      else if (event.key === 'Backspace') dropCorner(many - 1)
      else if (event.key === 'Escape') letGo()
      else return
      event.preventDefault()
      event.stopPropagation()
    }
    addEventListener('keydown', key, true)
    return () => {
      removeEventListener('keydown', key, true)
      editHand.value = null
    }
  }, [map, on])
}

/** Corners of the zone in the hand, over the map. */
export function Corners(): JSX.Element | null {
  const map = mapOnScreen.value
  const now = draft.value
  useMoves(map)
  useDrawing(map, now?.drawing ?? false)
  if (!map || !now) return null
  const { ring } = now
  return (
    <>
      {now.drawing && <span class="crosshair" aria-hidden="true" />}
      {now.drawing && (
        <p class="map-hint card" role="status">
          {t('zones.drawHint', { n: ring.length })}
          <button type="button" class="button" aria-disabled={ring.length < 3} onClick={() => ring.length >= 3 && finish()}>
            {t('zones.finish')} <kbd>Shift Enter</kbd>
          </button>
        </p>
      )}
      <div class="handles" role="group" aria-label={t('zones.corners')}>
        {!now.drawing && ring.map((a, k) => <Between key={`b${k}`} map={map} a={a} b={ring[(k + 1) % ring.length] as LonLat} k={k} />)}
        {ring.map((at, k) => (
          <Corner key={k} map={map} at={at} k={k} many={ring.length} />
        ))}
      </div>
    </>
  )
}
