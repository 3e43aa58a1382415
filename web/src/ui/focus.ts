/** Where the focus goes when what had it is gone. */

export const FOCUSABLE = 'button, [href], input, select, textarea, [tabindex]:not([tabindex="-1"])'

/** Keeps Tab among the stops of a box that covers the page. */
export function holdTab(event: KeyboardEvent, box: HTMLElement | null): void {
  if (event.key !== 'Tab') return
  const items = [...(box?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? [])]
  const edge = event.shiftKey ? items[0] : items.at(-1)
  if (document.activeElement !== edge && document.activeElement !== box) return
  if (document.activeElement === box && !event.shiftKey) return
  event.preventDefault()
  ;(event.shiftKey ? items.at(-1) : items[0])?.focus()
}

/** Gives the focus to the first of these that there is, once a control that had it has left the page. */
export function catchFocus(...selectors: string[]): void {
  setTimeout(() => {
    if (document.activeElement && document.activeElement !== document.body) return
    for (const selector of selectors) {
      const found = document.querySelector<HTMLElement>(selector)
      if (!found) continue
      found.focus()
      return
    }
  }, 100)
}
