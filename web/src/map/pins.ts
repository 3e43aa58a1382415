/** Pins of cases in the colours and shapes of their clocks, which run on after the tiles were cut. */
import { computed, effect } from '@preact/signals'
import type { ExpressionSpecification, Map as MapLibre } from 'maplibre-gl'
import { now as second } from '../api/events'
import { isOver, OVER } from '../api/types'

/** What a tile says of a case; `due` and `soon` are seconds, absent where no clock runs. */
interface Pinned {
  state: string
  severity: string
  due?: number | null
  soon?: number | null
}

const MINUTE_S = 60
const LAYER = 'incident-pins'

/** The image of a pin at a moment. Pure. */
export function pinOf({ state, severity, due, soon }: Pinned, nowS: number): string {
  if (isOver(state)) return 'gw-pin-closed'
  const critical = severity === 'critical'
  if (state.toUpperCase() === 'SUSPENDED') return critical ? 'gw-pin-critical-paused' : 'gw-pin-paused'
  if (due === undefined || due === null) return critical ? 'gw-pin-critical' : 'gw-pin-open'
  const clock = due <= nowS ? 'late' : (soon ?? due) <= nowS ? 'soon' : 'ok'
  return critical ? `gw-pin-critical-${clock}` : `gw-pin-${clock}`
}

/** The same as the style says it. */
export function pinExpression(nowS: number): ExpressionSpecification {
  const either = (name: string): ExpressionSpecification => ['case', ['==', ['get', 'severity'], 'critical'], `gw-pin-critical-${name}`, `gw-pin-${name}`]
  return [
    'case',
    ['in', ['get', 'state'], ['literal', [...OVER, 'closed']]], 'gw-pin-closed',
    ['==', ['get', 'state'], 'SUSPENDED'], either('paused'),
    ['!', ['has', 'due']], ['case', ['==', ['get', 'severity'], 'critical'], 'gw-pin-critical', 'gw-pin-open'],
    ['<=', ['get', 'due'], nowS], either('late'),
    ['<=', ['coalesce', ['get', 'soon'], ['get', 'due']], nowS], either('soon'),
    either('ok'),
  ] as unknown as ExpressionSpecification
}

const minute = computed(() => Math.floor(second.value.getTime() / 1000 / MINUTE_S) * MINUTE_S)

/** Keeps the pins of a map in step with the time; returns how to stop. */
export function followClocks(map: MapLibre): () => void {
  const put = (): void => {
    try {
      if (map.getLayer(LAYER)) map.setLayoutProperty(LAYER, 'icon-image', pinExpression(minute.peek()))
    } catch {
      // the style is on its way; `style.load` comes here again
    }
  }
  const stop = effect(() => {
    void minute.value
    put()
  })
  map.on('style.load', put)
  return () => {
    stop()
    map.off('style.load', put)
  }
}
