import type { JSX } from 'preact'
import { useLayoutEffect } from 'preact/hooks'
import { t } from '../../../i18n'
import { editHand } from '../../../map/editing'
import { mapOnScreen } from '../../../map/engine'
import { add, adding } from './state'

/** Puts a proposed camera on the middle of the map: the way without a pointer. */
export function addAtMiddle(): void {
  const map = mapOnScreen.peek()
  if (!map) return
  const { lng, lat } = map.getCenter()
  add(lng, lat)
}

/** While a camera is to be put down: a cross in the middle of the map, and a click puts it where the hand is. */
export function Adding(): JSX.Element | null {
  const on = adding.value
  useLayoutEffect(() => {
    if (!on) return
    editHand.value = (pointer) => {
      if (pointer.kind === 'tap') add(pointer.at[0], pointer.at[1])
      return false
    }
    document.querySelector<HTMLElement>('#map-canvas')?.focus()
    const key = (event: KeyboardEvent): void => {
      if (!(event.target as HTMLElement).closest('.map-pane')) return
      if (event.key === 'Enter') addAtMiddle()
      else if (event.key === 'Escape') adding.value = false
      else return
      event.preventDefault()
      event.stopPropagation()
    }
    addEventListener('keydown', key, true)
    return () => {
      removeEventListener('keydown', key, true)
      editHand.value = null
    }
  }, [on])
  if (!on) return null
  return (
    <>
      <span class="crosshair" aria-hidden="true" />
      <p class="map-hint card" role="status">
        {t('whatif.addHint')}
        <button type="button" class="button quiet" onClick={() => (adding.value = false)}>
          {t('common.cancel')} <kbd>Esc</kbd>
        </button>
      </p>
    </>
  )
}
