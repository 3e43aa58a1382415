import type { Map as MapLibre } from 'maplibre-gl'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { gridByCode } from '../../../api/data'
import { t } from '../../../i18n'
import { number } from '../../../i18n/format'
import { mapOnScreen } from '../../../map/engine'
import { store } from '../../../map/store'
import { Icon } from '../../../ui/Icon'
import { tab } from '../slots'
import { openThread } from './Comments'
import { comments, mark, marks, thread } from './life'
import { pinOf, threadsOf, type Thread } from './threads'

/** Draws again whenever the map moves. */
function useMoves(map: MapLibre | null): void {
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

function Pin({ map, at, one, count }: { map: MapLibre; at: [number, number]; one: Thread; count: number }): JSX.Element {
  const { x, y } = map.project(at)
  const open = thread.value === one.first.id
  return (
    <button
      type="button"
      class={`comment-pin ${open ? 'open' : ''} ${one.open ? '' : 'settled'}`}
      style={{ left: `${x}px`, top: `${y}px` }}
      aria-label={t('life.pin', { name: one.first.author ?? '–', text: one.first.text.slice(0, 80) })}
      data-tip={`${one.first.author ?? '–'}: ${one.first.text.slice(0, 60)}`}
      onClick={() => {
        tab.value = 'comments'
        store.phoneMap.value = false
        openThread(one)
      }}
    >
      {one.open ? count : <Icon name="check" />}
    </button>
  )
}

/** What stands over the map: pins of threads, and the mark of what the check found. */
export function Pins(): JSX.Element | null {
  const map = mapOnScreen.value
  useMoves(map)
  if (!map) return null
  const threads = threadsOf(comments.data.value ?? []).filter((one) => one.open || one.first.id === thread.value)
  const centre = (code: string): [number, number] | undefined => gridByCode.value.get(code)?.centre as [number, number] | undefined
  const marked = mark.value
  const spot = marked && map.project(marked.at)
  return (
    <div class="pins">
      {threads.map((one) => {
        const at = pinOf(one, centre)
        return at && <Pin key={one.first.id} map={map} at={at} one={one} count={1 + one.answers.length} />
      })}
      {marks.value.map((at, k) => {
        const { x, y } = map.project(at)
        return <span key={k} class="place-dot" style={{ left: `${x}px`, top: `${y}px` }} />
      })}
      {marked && spot && (
        <div class={`fault-mark ${marked.bad ? 'bad' : ''}`} style={{ left: `${spot.x}px`, top: `${spot.y}px` }}>
          <span class="fault-ring" />
          <span class="fault-words card small" role="status">
            <Icon name={marked.bad ? 'alert' : 'warning'} />
            {marked.words}
            <button type="button" class="button quiet icon-only" aria-label={t('common.close')} onClick={() => (mark.value = null)}>
              <Icon name="close" />
            </button>
          </span>
        </div>
      )}
      <span class="visually-hidden">{t('life.pins', { n: number(threads.length) })}</span>
    </div>
  )
}
