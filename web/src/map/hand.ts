/** A pointer that drags a thing standing over the map. */
import type { Map as MapLibre } from 'maplibre-gl'

/** Where a pointer is on the map's canvas, in pixels. */
export function onCanvas(map: MapLibre, event: PointerEvent): [number, number] {
  const box = map.getCanvas().getBoundingClientRect()
  return [event.clientX - box.left, event.clientY - box.top]
}

export interface Drag {
  moved: (px: [number, number]) => void
  dropped: () => void
  /** Esc or a lost pointer: put back. */
  left: () => void
}

/** Follows the pointer that went down on an element until it is let go; Esc puts back. */
export function dragFrom(map: MapLibre, event: PointerEvent, drag: Drag): void {
  if (event.button !== 0) return
  event.preventDefault()
  event.stopPropagation()
  const handle = event.currentTarget as HTMLElement
  handle.focus()
  handle.setPointerCapture(event.pointerId)
  const [x, y] = onCanvas(map, event)
  const box = handle.getBoundingClientRect()
  const canvas = map.getCanvas().getBoundingClientRect()
  // where on the handle it was grabbed, so that it does not jump
  const off: [number, number] = [x - (box.left + box.width / 2 - canvas.left), y - (box.top + box.height / 2 - canvas.top)]
  let frame = 0
  let last: [number, number] | null = null
  const tell = (): void => {
    frame = 0
    if (last) drag.moved(last)
  }
  const move = (next: PointerEvent): void => {
    const [px, py] = onCanvas(map, next)
    last = [px - off[0], py - off[1]]
    if (!frame) frame = requestAnimationFrame(tell)
  }
  const end = (): void => {
    if (frame) cancelAnimationFrame(frame)
    handle.removeEventListener('pointermove', move)
    handle.removeEventListener('pointerup', up)
    handle.removeEventListener('pointercancel', cancel)
    removeEventListener('keydown', key, true)
  }
  const up = (): void => {
    end()
    if (last) drag.moved(last)
    drag.dropped()
  }
  const cancel = (): void => {
    end()
    drag.left()
  }
  const key = (pressed: KeyboardEvent): void => {
    if (pressed.key !== 'Escape') return
    pressed.preventDefault()
    pressed.stopPropagation()
    cancel()
  }
  handle.addEventListener('pointermove', move)
  handle.addEventListener('pointerup', up)
  handle.addEventListener('pointercancel', cancel)
  addEventListener('keydown', key, true)
}
