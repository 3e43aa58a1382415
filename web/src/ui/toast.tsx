import { signal } from '@preact/signals'
import type { JSX } from 'preact'

const STAYS_MS = 4_000
const current = signal<{ text: string; at: number } | null>(null)
let timer: ReturnType<typeof setTimeout> | undefined

/** Says something for four seconds; a newer word replaces an older one. */
export function toast(text: string): void {
  clearTimeout(timer)
  current.value = { text, at: Date.now() }
  timer = setTimeout(() => (current.value = null), STAYS_MS)
}

/** The place where toasts stand; read out politely. */
export function Toasts(): JSX.Element {
  return (
    <div role="status" aria-live="polite">
      {current.value && <div class="toast">{current.value.text}</div>}
    </div>
  )
}
