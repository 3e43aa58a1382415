import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../../i18n'
import { Icon } from '../../ui/Icon'
import { findItems, items, nameOf, recent, usual, type Item } from './catalogue'
import { change, draft, type Draft } from './draft'

const PAUSE_MS = 120

/** Takes an item of the catalogue into the draft. */
export function takeItem(one: Item): void {
  const self_handled = draft.peek().self_handled && one.self_handling
  change({ item: nameOf(one), item_code: one.code, severity: one.severity as Draft['severity'], may_self_handle: one.self_handling, self_handled })
}

/** What is wrong: found in the catalogue by a few letters, pinyin or initials, or said in own words. */
export function ItemField({ error }: { error: string | null }): JSX.Element {
  const { item, item_code } = draft.value
  const [hits, setHits] = useState<Item[]>([])
  const [open, setOpen] = useState(false)
  const [at, setAt] = useState(0)
  useEffect(() => {
    if (!open || item_code) {
      setHits([])
      return
    }
    const abort = new AbortController()
    const timer = setTimeout(() => {
      findItems(item, abort.signal)
        .then((found) => {
          setHits(found)
          setAt(0)
        })
        .catch(() => undefined)
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [item, item_code, open])
  const pick = (one: Item | undefined): void => {
    if (!one) return
    takeItem(one)
    setOpen(false)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing || !hits.length) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') setAt((at + (event.key === 'ArrowDown' ? 1 : -1) + hits.length) % hits.length)
    else if (event.key === 'Enter') pick(hits[at])
    else if (event.key === 'Escape') setOpen(false)
    else return
    event.preventDefault()
  }
  const showing = open && hits.length > 0
  return (
    <div class="phone-field" onBlur={(event) => !event.currentTarget.contains(event.relatedTarget as Node) && setOpen(false)}>
      <label class="phone-label" for="phone-item">
        {t('phone.item')}
      </label>
      <div class="phone-combo">
        <input
          id="phone-item"
          class="input"
          role="combobox"
          autocomplete="off"
          maxLength={120}
          aria-expanded={showing}
          aria-controls="phone-item-list"
          aria-autocomplete="list"
          aria-activedescendant={showing ? `phone-item-${at}` : undefined}
          aria-invalid={Boolean(error)}
          aria-describedby={error ? 'phone-item-error' : 'phone-item-hint'}
          value={item}
          onInput={(event) => {
            change({ item: event.currentTarget.value, item_code: null, may_self_handle: false, self_handled: false })
            setOpen(true)
          }}
          onFocus={() => setOpen(true)}
          onKeyDown={onKeyDown}
        />
        <Icon name="down" />
        <ul id="phone-item-list" class="menu hits" role="listbox" aria-label={t('phone.item')} hidden={!showing}>
          {hits.map((one, k) => (
            <li key={one.code} id={`phone-item-${k}`} role="option" aria-selected={k === at} class={k === at ? 'active' : ''} onMouseDown={(event) => (event.preventDefault(), pick(one))}>
              <span class="grow">{nameOf(one)}</span>
              <span class="small muted">{one.code}</span>
            </li>
          ))}
        </ul>
      </div>
      {error ? (
        <p id="phone-item-error" class="error">
          {error}
        </p>
      ) : (
        <p id="phone-item-hint" class={item_code || !item ? 'visually-hidden' : 'hint'}>
          {t(item && !item_code ? 'phone.item.free' : 'phone.item.hint')}
        </p>
      )}
      <div class="row wrap usual">
        {(item_code ? [] : usual(items.value, recent.value)).map((one) => (
          <button key={one.code} type="button" class="pill" onClick={() => takeItem(one)}>
            {nameOf(one)}
          </button>
        ))}
      </div>
    </div>
  )
}
