import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../../i18n'
import { findItems, items, nameOf, usual, type Item } from '../phone/catalogue'

const PAUSE_MS = 120

interface ItemBoxProps {
  item: string
  code: string | null
  bad: boolean
  onText: (text: string) => void
  onPick: (one: Item) => void
}

/** What is wrong: found in the catalogue by a few letters, pinyin or initials, or kept in own words. */
export function ItemBox({ item, code, bad, onText, onPick }: ItemBoxProps): JSX.Element {
  const [hits, setHits] = useState<Item[]>([])
  const [open, setOpen] = useState(false)
  const [at, setAt] = useState(-1)
  useEffect(() => {
    if (!open || code) {
      setHits([])
      return
    }
    const abort = new AbortController()
    const timer = setTimeout(() => {
      findItems(item, abort.signal)
        .then((found) => {
          setHits(found)
          setAt(-1)
        })
        .catch(() => undefined)
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [item, code, open])
  const pick = (one: Item | undefined): void => {
    if (!one) return
    onPick(one)
    setOpen(false)
  }
  const showing = open && hits.length > 0
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
    <div class="field item-box" onBlur={(event) => !event.currentTarget.contains(event.relatedTarget as Node) && setOpen(false)}>
      <label for="report-item">{t('dispatch.item')}</label>
      <input
        id="report-item"
        class="input"
        role="combobox"
        autocomplete="off"
        maxLength={120}
        aria-expanded={showing}
        aria-controls="report-item-list"
        aria-autocomplete="list"
        aria-activedescendant={showing && at >= 0 ? `report-item-${at}` : undefined}
        aria-invalid={bad}
        aria-describedby="report-item-hint"
        value={item}
        onInput={(event) => {
          onText(event.currentTarget.value)
          setOpen(true)
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="report-item-list" class="menu hits" role="listbox" aria-label={t('dispatch.filterItem')} hidden={!showing}>
        {hits.map((one, k) => (
          <li key={one.code} id={`report-item-${k}`} role="option" aria-selected={k === at} class={k === at ? 'active' : ''} onMouseDown={(event) => (event.preventDefault(), pick(one))}>
            <span class="grow ellipsis">{nameOf(one)}</span>
            <span class="small muted">{one.code}</span>
          </li>
        ))}
      </ul>
      <span id="report-item-hint" class={bad ? 'error' : 'hint'}>
        {bad ? t('dispatch.itemError') : code ? code : t(item && items.value.length > 0 ? 'dispatch.itemFree' : 'dispatch.itemHint')}
      </span>
      {!code && (
        <div class="row wrap">
          {usual(items.value, []).map((one) => (
            <button key={one.code} type="button" class="chip outline suggestion" onClick={() => pick(one)}>
              {nameOf(one)}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}
