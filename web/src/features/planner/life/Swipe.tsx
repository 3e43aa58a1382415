import { signal } from '@preact/signals'
import type { FeatureCollection } from 'geojson'
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { PlanGrids } from '../../../api/types'
import { lang, t } from '../../../i18n'
import { number } from '../../../i18n/format'
import { mapOnScreen } from '../../../map/engine'
import { drawOver, openSecond, styleOf } from '../../../map/second'
import { mapTheme, store } from '../../../map/store'
import { Icon } from '../../../ui/Icon'
import { ErrorNote } from '../../../ui/states'
import { diff } from './life'
import { planName } from './words'

/** Where the edge stands: the older plan to its left. */
export const edge = signal(0.5)
const STEP = 0.02
const BIG_STEP = 0.1

const clamp = (share: number): number => Math.min(Math.max(share, 0), 1)

function onKey(event: KeyboardEvent): void {
  const step = event.shiftKey ? BIG_STEP : STEP
  const next = { ArrowLeft: edge.value - step, ArrowRight: edge.value + step, Home: 0, End: 1 }[event.key]
  if (next === undefined) return
  event.preventDefault()
  event.stopPropagation()
  edge.value = clamp(next)
}

function Handle({ box }: { box: () => DOMRect }): JSX.Element {
  const grab = (event: PointerEvent): void => {
    const handle = event.currentTarget as HTMLElement
    handle.setPointerCapture(event.pointerId)
    const move = (moved: PointerEvent): void => {
      const { left, width } = box()
      edge.value = clamp((moved.clientX - left) / width)
    }
    const stop = (): void => {
      handle.removeEventListener('pointermove', move)
      handle.removeEventListener('pointerup', stop)
    }
    handle.addEventListener('pointermove', move)
    handle.addEventListener('pointerup', stop)
  }
  const share = Math.round(edge.value * 100)
  return (
    <div
      class="swipe-bar"
      role="slider"
      aria-label={t('life.swipe')}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share}
      aria-valuetext={t('life.swipeAt', { n: number(share), name: planName(store.compare.value) })}
      tabIndex={0}
      style={{ left: `${edge.value * 100}%` }}
      onPointerDown={grab}
      onKeyDown={onKey}
      onDblClick={() => (edge.value = 0.5)}
    >
      <span class="swipe-grip card">
        <Icon name="swipe" />
      </span>
    </div>
  )
}

/** The ground that changed its grid, on a map. */
function useMovedGround(map: ReturnType<typeof mapOnScreen.peek>): void {
  const ground = diff.data.value?.ground as unknown as FeatureCollection | null | undefined
  useEffect(() => {
    if (!map || !ground) return
    const accent = getComputedStyle(document.documentElement).getPropertyValue('--ac').trim()
    return drawOver(map, 'life-moved', ground, [
      { id: 'life-moved-fill', type: 'fill', paint: { 'fill-color': accent, 'fill-opacity': 0.22 } },
      { id: 'life-moved-line', type: 'line', paint: { 'line-color': accent, 'line-width': 2, 'line-dasharray': [3, 2] } },
    ])
  }, [map, ground, store.theme.value])
}

function Swiping({ other, data }: { other: string; data: PlanGrids }): JSX.Element {
  const pane = useRef<HTMLDivElement>(null)
  const box = useRef<HTMLDivElement>(null)
  const [second, setSecond] = useState<ReturnType<typeof openSecond> | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const main = mapOnScreen.value
  useEffect(() => {
    if (!main || !box.current) return
    let gone = false
    let opened: ReturnType<typeof openSecond> | null = null
    const container = box.current
    const look = { plan: other, theme: store.theme.peek(), mapTheme: mapTheme.value, tolerance: data.tolerance }
    styleOf(look)
      .then((style) => {
        if (gone) return
        opened = openSecond(container, main, style)
        setSecond(opened)
      })
      .catch(setFailure)
    return () => {
      gone = true
      opened?.close()
      setSecond(null)
    }
  }, [main, other, store.theme.value, lang.value, mapTheme.value, store.layerChoice.value])
  useMovedGround(main)
  useMovedGround(second?.map ?? null)
  return (
    <div class="swipe" ref={pane} data-testid="swipe">
      <div class="swipe-map" style={{ clipPath: `inset(0 ${100 - edge.value * 100}% 0 0)` }}>
        <div ref={box} class="swipe-canvas" />
      </div>
      <span class="swipe-name left card small">{planName(other)}</span>
      <span class="swipe-name right card small">{data.plan.name}</span>
      {failure !== null && <ErrorNote error={failure} />}
      <Handle box={() => (pane.current as HTMLDivElement).getBoundingClientRect()} />
    </div>
  )
}

/** Two plans on one view with an edge between them that moves by hand or by the arrow keys. */
export function Swipe({ data }: { data: PlanGrids }): JSX.Element | null {
  const other = store.compare.value
  return other && other !== data.plan.id ? <Swiping key={other} other={other} data={data} /> : null
}
