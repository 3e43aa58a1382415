/** Keys that act everywhere. Single letters act only while the map or a list has the focus; digits lead there. */
import { signal } from '@preact/signals'
import { gridByCode } from '../../api/data'
import { mapOnScreen } from '../../map/engine'
import { store } from '../../map/store'
import { forgetPlace } from '../place/located'
import { searchBox } from './Search'

export const keySheetOpen = signal(false)

/** What a desk does on its own letters; the desk on screen sets it. */
export const deskKeys = signal<Record<string, () => void>>({})

/** What Esc steps back from on a desk first; false when there is nothing. */
export const deskBack = signal<(() => boolean) | null>(null)

const inField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
const inMapOrList = (target: EventTarget | null): boolean =>
  target === document.body || (target instanceof HTMLElement && target.closest('.map-pane, table, [role="listbox"], .queue, .tool-rail, .edit-panel') !== null)

/** Focuses what the first of some selectors finds, most wanted first. */
function focusFirst(...selectors: string[]): void {
  for (const selector of selectors) {
    const found = document.querySelector<HTMLElement>(selector)
    if (found) return found.focus()
  }
}

function stepBack(): void {
  if (deskBack.value?.()) return
  if (store.picking.value) store.picking.value = false
  else if (store.place.value) forgetPlace()
  else if (store.camera.value) store.camera.value = null
  else if (store.incident.value) store.incident.value = null
  else store.grid.value = null
}

function zoomToSelection(): void {
  const grid = store.grid.value ? gridByCode.value.get(store.grid.value) : null
  const place = store.place.value
  if (place) store.goTo.value = { at: [place.lon, place.lat], zoom: 17 }
  else if (grid) store.goTo.value = { bbox: grid.bbox }
}

const letters: Record<string, () => void> = {
  '1': () => focusFirst('#map-canvas'),
  '2': () => focusFirst('table tbody tr[tabindex="0"], .queue [tabindex="0"]'),
  '3': () => focusFirst('.panel-focus', '#panel'),
  g: () => (store.listChosen.value = !store.listChosen.value),
  z: zoomToSelection,
  '+': () => void mapOnScreen.value?.zoomIn({ duration: 0 }),
  '-': () => void mapOnScreen.value?.zoomOut({ duration: 0 }),
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
  if (event.key === 'Escape' && !inField(event.target)) {
    stepBack()
    return
  }
  if (inField(event.target)) return
  if (event.key === '/') {
    event.preventDefault()
    searchBox.value?.focus()
    searchBox.value?.select()
    return
  }
  if (event.key === '?') {
    event.preventDefault()
    keySheetOpen.value = !keySheetOpen.value
    return
  }
  // a way out of a button or a tab is wanted most where no letter acts
  if (!store.letterKeys.value || !(/^\d$/.test(event.key) || inMapOrList(event.target))) return
  const action = deskKeys.value[event.key.toLowerCase()] ?? letters[event.key.toLowerCase()]
  if (!action) return
  event.preventDefault()
  action()
}

/** The map with the focus zooms by these keys itself: where nothing may move, its step and ours would both be taken. */
function beforeMap(event: KeyboardEvent): void {
  if (!['+', '-'].includes(event.key) || !(event.target instanceof HTMLElement) || !event.target.closest('.maplibregl-map')) return
  onKeyDown(event)
  if (event.defaultPrevented) event.stopPropagation()
}

/** Starts listening to the keyboard. */
export function startKeys(): () => void {
  addEventListener('keydown', beforeMap, true)
  addEventListener('keydown', onKeyDown)
  return () => {
    removeEventListener('keydown', beforeMap, true)
    removeEventListener('keydown', onKeyDown)
  }
}
