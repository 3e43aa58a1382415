/** Long lists: only the rows about what is seen are drawn. */
import type { RefObject } from 'preact'
import { useLayoutEffect, useState } from 'preact/hooks'

/** Lists up to here are drawn whole. */
const WHOLE = 240
/** Rows beyond either edge, so that a quick hand sees no hole. */
const SPARE = 24
const USUAL_ROWS = 60

export interface Windowed {
  from: number
  until: number
  /** Height of a row in pixels. */
  row: number
}

/** Which of `n` rows are drawn when the list begins `above` pixels over the top of a box of `height` pixels. Pure. */
export function windowOf(n: number, above: number, height: number, row: number): { from: number; until: number } {
  if (n <= WHOLE || row <= 0) return { from: 0, until: n }
  const from = Math.max(0, Math.min(Math.floor(above / row), n - 1) - SPARE)
  return { from, until: Math.min(n, Math.max(from, Math.ceil((above + height) / row)) + SPARE) }
}

/** The box that scrolls a list. */
export function scrollerOf(element: HTMLElement | null): HTMLElement | null {
  for (let at = element?.parentElement ?? null; at; at = at.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return at
  }
  return null
}

/** Follows the box that scrolls `body`, a list of `n` rows of one height. */
export function useWindow(body: RefObject<HTMLElement | null>, n: number, usualRow: number): Windowed {
  const [now, set] = useState<Windowed>({ from: 0, until: Math.min(n, n <= WHOLE ? n : USUAL_ROWS), row: usualRow })
  useLayoutEffect(() => {
    const box = scrollerOf(body.current)
    if (n <= WHOLE || !box) return
    const look = (): void => {
      const list = body.current
      if (!list) return
      const row = list.querySelector<HTMLElement>('[data-key]')?.offsetHeight || usualRow
      const above = box.getBoundingClientRect().top - list.getBoundingClientRect().top
      const next = { ...windowOf(n, above, box.clientHeight, row), row }
      set((was) => (was.from === next.from && was.until === next.until && was.row === row ? was : next))
    }
    look()
    box.addEventListener('scroll', look, { passive: true })
    const sizes = new ResizeObserver(look)
    sizes.observe(box)
    return () => {
      box.removeEventListener('scroll', look)
      sizes.disconnect()
    }
  }, [n, usualRow])
  return n <= WHOLE ? { ...now, from: 0, until: n } : { ...now, until: Math.min(now.until, n) }
}

/** Brings row `k` of a list into its box, where it is out of it. */
export function scrollToRow(body: HTMLElement, k: number, row: number): void {
  const box = scrollerOf(body)
  if (!box) return
  const top = body.getBoundingClientRect().top - box.getBoundingClientRect().top + k * row
  const head = body.previousElementSibling instanceof HTMLElement ? body.previousElementSibling.offsetHeight : 0
  const foot = body.nextElementSibling instanceof HTMLElement ? body.nextElementSibling.offsetHeight : 0
  if (top < head) box.scrollTop += top - head
  else if (top + row > box.clientHeight - foot) box.scrollTop += top + row - box.clientHeight + foot
}
