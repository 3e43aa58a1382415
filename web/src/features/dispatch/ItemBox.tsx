import type { JSX } from 'preact'
import { t } from '../../i18n'
import { Combobox } from '../../ui/Combobox'
import { findItems, items, nameOf, usual, type Item } from '../phone/catalogue'

interface ItemBoxProps {
  id?: string
  item: string
  code: string | null
  bad: boolean
  onText: (text: string) => void
  onPick: (one: Item) => void
}

/** What is wrong: found in the catalogue by a few letters, pinyin or initials, or kept in own words. */
export function ItemBox({ id = 'report-item', item, code, bad, onText, onPick }: ItemBoxProps): JSX.Element {
  return (
    <div class="field item-box">
      <label for={id}>{t('dispatch.item')}</label>
      <Combobox
        id={id}
        listLabel={t('dispatch.filterItem')}
        text={item}
        settled={code !== null}
        maxLength={120}
        invalid={bad}
        describedBy={`${id}-hint`}
        find={findItems}
        keyOf={(one) => one.code}
        words={nameOf}
        aside={(one) => one.code}
        onText={onText}
        onPick={onPick}
      />
      <span id={`${id}-hint`} class={bad ? 'error' : 'hint'}>
        {bad ? t('dispatch.itemError') : (code ?? t(item && items.value.length > 0 ? 'dispatch.itemFree' : 'dispatch.itemHint'))}
      </span>
      {!code && (
        <div class="row wrap">
          {usual(items.value, []).map((one) => (
            <button key={one.code} type="button" class="chip outline suggestion" onClick={() => onPick(one)}>
              {nameOf(one)}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}
