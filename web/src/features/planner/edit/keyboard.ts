/** Keys of the tools that are not letters: a vertex in hand, Enter, and undo. */
import { mode, proposal, refusal } from './state'
import { act, keepProposal } from './tools'
import { redoNow, undoNow } from './HistoryButtons'

const inField = (target: EventTarget | null): boolean => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
/** Keys of buttons are theirs; but Enter on the tool that is in hand means what is in hand. */
const onButton = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('button, a, [role="separator"], .dialog, table') !== null && target.closest('.rail-tool[aria-pressed="true"]') === null
const MINE = new Set(['Enter', 'Backspace', 'Delete', ',', '.'])
const ARROWS = new Set(['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'])

function onKeyDown(event: KeyboardEvent): void {
  if (event.isComposing || inField(event.target)) return
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z') {
    if (document.querySelector('.dialog')) return
    event.preventDefault()
    void (event.shiftKey ? redoNow() : undoNow())
    return
  }
  if (event.ctrlKey || event.metaKey || event.altKey || onButton(event.target)) return
  const state = mode.peek()
  if (state.tool === 'select') return
  if (event.key === 'Enter' && proposal.peek()) {
    stop(event)
    void keepProposal()
    return
  }
  const held = state.tool === 'border' && state.grabbed
  if (!(MINE.has(event.key) || (held && ARROWS.has(event.key)))) return
  // in a list of things to mark, Enter marks; the button beside it does the rest
  if (event.key === 'Enter' && event.target instanceof HTMLElement && event.target.closest('[aria-multiselectable]')) return
  stop(event)
  refusal.value = null
  act({ kind: 'key', key: event.key, shift: event.shiftKey })
}

function stop(event: KeyboardEvent): void {
  event.preventDefault()
  event.stopPropagation()
}

/** Starts listening, before the map and the lists do. */
export function startEditKeys(): () => void {
  addEventListener('keydown', onKeyDown, true)
  return () => removeEventListener('keydown', onKeyDown, true)
}
