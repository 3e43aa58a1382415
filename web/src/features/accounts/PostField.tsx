import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ask } from '../../api/client'
import type { components } from '../../api/schema'

type Found = components['schemas']['FoundPosts']
const PAUSE_MS = 200

interface Props {
  id: string
  name: string
  label: string
  of: keyof Found
  value?: string
}

/** A code to type; areas or units whose code or name fits are offered while typing. */
export function PostField({ id, name, label, of, value = '' }: Props): JSX.Element {
  const [text, setText] = useState(value)
  const [found, setFound] = useState<{ code: string; name: string }[]>([])
  const asked = useRef(0)
  useEffect(() => setText(value), [value])

  const onInput = (typed: string): void => {
    setText(typed)
    window.clearTimeout(asked.current)
    if (!typed.trim()) return
    asked.current = window.setTimeout(() => {
      ask<Found>(`/api/v1/accounts/posts?q=${encodeURIComponent(typed.trim().slice(0, 80))}`).then(
        (answer) => setFound(answer[of]),
        () => setFound([]),
      )
    }, PAUSE_MS)
  }
  useEffect(() => () => window.clearTimeout(asked.current), [])

  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} name={name} class="input" list={`${id}-found`} autocomplete="off" value={text} onInput={(event) => onInput(event.currentTarget.value)} />
      <datalist id={`${id}-found`}>
        {found.map((one) => (
          <option key={one.code} value={one.code} label={`${one.name} · ${one.code}`} />
        ))}
      </datalist>
    </div>
  )
}
