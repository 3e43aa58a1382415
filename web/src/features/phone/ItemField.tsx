import type { JSX } from 'preact'
import { t } from '../../i18n'
import { Combobox } from '../../ui/Combobox'
import { Icon } from '../../ui/Icon'
import { findItems, items, nameOf, recent, usual, type Item } from './catalogue'
import { change, draft, type Draft } from './draft'

/** Takes an item of the catalogue into the draft. */
export function takeItem(one: Item): void {
  const self_handled = draft.peek().self_handled && one.self_handling
  change({ item: nameOf(one), item_code: one.code, severity: one.severity as Draft['severity'], may_self_handle: one.self_handling, self_handled })
}

/** What is wrong: found in the catalogue by a few letters, pinyin or initials, or said in own words. */
export function ItemField({ error }: { error: string | null }): JSX.Element {
  const { item, item_code } = draft.value
  return (
    <div class="phone-field">
      <label class="phone-label" for="phone-item">
        {t('phone.item')}
      </label>
      <div class="phone-combo">
        <Combobox
          id="phone-item"
          listLabel={t('phone.item')}
          text={item}
          settled={item_code !== null}
          maxLength={120}
          invalid={Boolean(error)}
          describedBy={error ? 'phone-item-error' : 'phone-item-hint'}
          eager
          find={findItems}
          keyOf={(one) => one.code}
          words={nameOf}
          aside={(one) => one.code}
          onText={(text) => change({ item: text, item_code: null, may_self_handle: false, self_handled: false })}
          onPick={takeItem}
        />
        <Icon name="down" />
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
