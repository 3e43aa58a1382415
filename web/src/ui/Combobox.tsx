/** A field whose words find something: hits below it, by arrows and Enter or by hand. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'

const PAUSE_MS = 120

interface ComboboxProps<T> {
  id: string
  /** Of the list of hits. */
  listLabel: string
  text: string
  /** Something is chosen: nothing more is sought. */
  settled: boolean
  maxLength: number
  invalid: boolean
  describedBy?: string | undefined
  placeholder?: string
  /** Seeks from the moment the field has the focus, and offers the best hit to Enter. */
  eager?: boolean
  find: (text: string, abort: AbortSignal) => Promise<T[]>
  keyOf: (one: T) => string
  words: (one: T) => string
  aside: (one: T) => string
  onText: (text: string) => void
  onPick: (one: T) => void
}

/** What fits the words, asked when the hand rests; `null` until there is an answer. */
function useHits<T>(props: ComboboxProps<T>, open: boolean): T[] {
  const [hits, setHits] = useState<T[]>([])
  const { text, settled, find } = props
  useEffect(() => {
    if (!open || settled) {
      setHits([])
      return
    }
    const abort = new AbortController()
    const timer = setTimeout(() => {
      find(text, abort.signal)
        .then((found) => !abort.signal.aborted && setHits(found))
        .catch(() => undefined)
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [text, settled, open])
  return hits
}

/** The field and its hits; label and hint stand where it is used. */
export function Combobox<T>(props: ComboboxProps<T>): JSX.Element {
  const { id, eager } = props
  const [open, setOpen] = useState(false)
  const [at, setAt] = useState(-1)
  const hits = useHits(props, open)
  useEffect(() => setAt(eager ? 0 : -1), [hits])
  const showing = open && hits.length > 0
  const pick = (one: T | undefined): void => {
    if (one === undefined) return
    props.onPick(one)
    setOpen(false)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing || !showing) return
    if (event.key === 'ArrowDown') setAt((at + 1) % hits.length)
    else if (event.key === 'ArrowUp') setAt((at - 1 + hits.length) % hits.length)
    else if (event.key === 'Enter' && at >= 0) pick(hits[at])
    else if (event.key === 'Escape') setOpen(false)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class="combobox" onBlur={(event) => !event.currentTarget.contains(event.relatedTarget as Node) && setOpen(false)}>
      <input
        id={id}
        class="input"
        role="combobox"
        autocomplete="off"
        maxLength={props.maxLength}
        placeholder={props.placeholder}
        aria-expanded={showing}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={showing && at >= 0 ? `${id}-${at}` : undefined}
        aria-invalid={props.invalid}
        aria-describedby={props.describedBy}
        value={props.text}
        onInput={(event) => {
          props.onText(event.currentTarget.value)
          setOpen(true)
        }}
        onFocus={() => eager && setOpen(true)}
        onKeyDown={onKeyDown}
      />
      <ul id={`${id}-list`} class="menu hits" role="listbox" aria-label={props.listLabel} hidden={!showing}>
        {hits.map((one, k) => (
          <li key={props.keyOf(one)} id={`${id}-${k}`} role="option" aria-selected={k === at} class={k === at ? 'active' : ''} onMouseDown={(event) => (event.preventDefault(), pick(one))}>
            <span class="grow ellipsis">{props.words(one)}</span>
            <span class="small muted">{props.aside(one)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
