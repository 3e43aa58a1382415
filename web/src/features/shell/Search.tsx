import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { ask, query } from '../../api/client'
import { planGrids, territory } from '../../api/data'
import type { Incident, SearchHit } from '../../api/types'
import { t, type Key } from '../../i18n'
import { position } from '../../i18n/format'
import { readPosition } from '../../map/geometry'
import { openDesk, store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { sentence } from '../../ui/states'

const PAUSE_MS = 120
const MOST = 12

export const searchBox = signal<HTMLInputElement | null>(null)

/** What the server finds, with a typed coordinate first: that needs no server. */
export async function find(text: string, abort: AbortSignal): Promise<SearchHit[]> {
  const typed = readPosition(text)
  const path = `/api/v1/search${query({ q: text, limit: MOST, territory: territory.peek()?.id })}`
  const hits = (await ask<{ results: SearchHit[] }>(path, { signal: abort })).results
  if (!typed || hits.some((hit) => hit.kind === 'coordinate')) return hits
  const label = position(typed.lon, typed.lat)
  return [{ kind: 'coordinate', label, detail: null, id: null, ...typed, bbox: null }, ...hits]
}

/** A number of a case as it stands on screen, whole or by its last figures. */
const CASE_NUMBER = /^(\d{4}-\d{2}-\d{6,}|\d{6,9})$/

/** Something with a place, or a case by its number: that may have none. */
export type Hit = SearchHit | { kind: 'case'; label: string; detail: string | null; id: string }

/** What has a place, and cases where the text may be the number of one. */
export async function findWithCases(text: string, abort: AbortSignal): Promise<Hit[]> {
  const path = `/api/v1/incidents${query({ q: text, limit: 3, territory: territory.peek()?.id })}`
  const asked = CASE_NUMBER.test(text) ? ask<{ incidents: Incident[] }>(path, { signal: abort }) : null
  const [places, cases] = await Promise.all([find(text, abort), asked])
  return [...(cases?.incidents ?? []).map((one): Hit => ({ kind: 'case', label: one.no, detail: one.item, id: one.no })), ...places]
}

/** A case whose card takes the focus once it is there: whoever asked for it by number or notice stands elsewhere. */
export const wantedCase = signal<string | null>(null)

/** Opens a case at the dispatcher's desk. */
export function goToCase(no: string): void {
  wantedCase.value = no
  if (store.desk.peek() !== 'dispatch') openDesk('dispatch')
  store.incident.value = no
}

/** Goes to a hit: selects what it is, asks what is there, moves the map. */
export function openHit(hit: Hit): void {
  if (hit.kind === 'case') {
    goToCase(hit.id)
    return
  }
  if (hit.kind === 'grid') {
    store.grid.value = planGrids.data.value?.grids.find((grid) => grid.id === hit.id)?.code ?? null
    store.place.value = null
  } else {
    store.place.value = { lon: hit.lon, lat: hit.lat, accuracy_m: null }
    store.camera.value = hit.kind === 'camera' ? hit.id : null
  }
  store.goTo.value = hit.bbox && hit.kind !== 'address' ? { bbox: hit.bbox } : { at: [hit.lon, hit.lat], zoom: 17 }
}

interface BoxProps<Found extends Hit> {
  id: string
  placeholder: string
  label: string
  find: (text: string, abort: AbortSignal) => Promise<Found[]>
  onPick: (hit: Found) => void
  shortcut?: boolean
  value?: string
  inputClass?: string
  invalid?: boolean
}

/** A combobox over what `find` gives; arrows choose, Enter goes there, Esc clears. */
export function SearchBox<Found extends Hit>(props: BoxProps<Found>): JSX.Element {
  const [text, setText] = useState(props.value ?? '')
  const [hits, setHits] = useState<Found[] | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const [at, setAt] = useState(0)
  /** The text that the hits are for; Enter before they are there takes the first one when it comes. */
  const [found, setFound] = useState('')
  const hasty = useRef(false)
  const [open, setOpen] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const list = `${props.id}-list`

  const pick = (hit: Found | undefined): void => {
    hasty.current = false
    if (!hit) return
    setOpen(false)
    setText(hit.label)
    props.onPick(hit)
  }
  // before the next key: an effect after painting would wipe out what was typed meanwhile
  useLayoutEffect(() => setText(props.value ?? ''), [props.value])
  useEffect(() => {
    if (props.shortcut) searchBox.value = input.current
  }, [])
  useEffect(() => {
    if (!open || text.trim().length === 0) {
      setHits(null)
      return
    }
    const abort = new AbortController()
    const timer = setTimeout(() => {
      props
        .find(text.trim(), abort.signal)
        .then((list) => {
          setHits(list)
          setFound(text)
          setAt(0)
          setFailure(null)
          if (hasty.current) pick(list[0])
        })
        .catch((cause: unknown) => {
          if (!abort.signal.aborted) setFailure(cause)
        })
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [text, open])

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const many = hits?.length ?? 0
      if (many) setAt((at + (event.key === 'ArrowDown' ? 1 : -1) + many) % many)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      if (hits && found === text) pick(hits[at])
      else hasty.current = text.trim() !== ''
    } else if (event.key === 'Escape') {
      if (open && hits) setOpen(false)
      else {
        setText('')
        input.current?.blur()
      }
    }
  }
  const showing = open && text.trim() !== '' && (hits !== null || failure !== null)
  return (
    <div class="searchbox" onBlur={(event) => !event.currentTarget.contains(event.relatedTarget as Node) && setOpen(false)}>
      <Icon name="search" />
      <input
        ref={input}
        id={props.id}
        class={props.inputClass ?? 'input'}
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        aria-label={props.label}
        aria-expanded={showing}
        aria-controls={list}
        aria-autocomplete="list"
        aria-invalid={props.invalid}
        aria-activedescendant={showing && hits?.[at] ? `${props.id}-${at}` : undefined}
        placeholder={props.placeholder}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value)
          hasty.current = false
          setOpen(true)
        }}
        onFocus={() => setOpen(true)}
        onKeyDown={onKeyDown}
      />
      {props.shortcut && <kbd aria-hidden="true">/</kbd>}
      <div class="visually-hidden" role="status">
        {showing && hits && t('search.count', { n: hits.length })}
      </div>
      <ul id={list} role="listbox" aria-label={props.label} class="menu hits" hidden={!showing}>
        {failure !== null && <li class="nohit small">{sentence(failure)}</li>}
        {failure === null && hits?.length === 0 && (
          <li class="nohit">
            <p class="strong">{t('search.none', { q: text.trim() })}</p>
            <p class="small muted">{t('search.noneHint')}</p>
          </li>
        )}
        {(hits ?? []).map((hit, k) => (
          <li
            key={`${hit.kind} ${hit.id} ${k}`}
            id={`${props.id}-${k}`}
            role="option"
            aria-selected={k === at}
            class={k === at ? 'active' : ''}
            onMouseDown={(event) => {
              event.preventDefault()
              pick(hit)
            }}
            onMouseEnter={() => setAt(k)}
          >
            <span class="grow ellipsis">{hit.label}</span>
            {hit.detail && <span class="small muted ellipsis">{hit.detail}</span>}
            <span class="chip outline">{t(`kind.${hit.kind}` as Key)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
