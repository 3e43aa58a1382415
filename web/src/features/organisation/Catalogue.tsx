import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { onNews } from '../../api/events'
import { lang, t } from '../../i18n'
import { day, number } from '../../i18n/format'
import { SearchField, SelectField } from '../../ui/fields'
import { JobBar } from '../../ui/JobBar'
import { Empty, ErrorNote } from '../../ui/states'
import { toast } from '../../ui/toast'
import { applyLimits, catalogue, items, itemWords, readCatalogue, type Item } from './changes'
import { DoingForm } from './Doing'
import { ItemForm, RetireForm } from './ItemForm'
import { askLead, Leads } from './Leads'
import { mayStaff } from './organisation'

const SHOWN = 40
const KEPT = 20
const nameOf = (item: Item): string => (lang.value === 'zh' ? item.name_zh || item.name_en : item.name_en || item.name_zh)
const limitsOf = (item: Item): string => item.limits.map((one) => `${one.phase ? `${one.phase} ` : ''}${number(one.amount)} ${t(`org.unit.${one.unit as 'minute'}`)}${item.limits.some((other) => other.area_class !== one.area_class) ? ` (${t('org.class', { n: one.area_class })})` : ''}`).join(' · ')

/** What may be done with an item: change it, say who leads, retire it. */
function ItemActions({ item }: { item: Item }): JSX.Element {
  const doing = useSignal<'change' | 'retire' | null>(null)
  const toggle = (next: 'change' | 'retire'): void => void (doing.value = doing.peek() === next ? null : next)
  const done = (): void => void (doing.value = null)
  return (
    <>
      <div class="row wrap org-acts">
        <button type="button" class="button small" aria-expanded={doing.value === 'change'} aria-label={t('org.changeItem', { code: item.code })} onClick={() => toggle('change')}>
          {t('org.change')}
        </button>
        <button type="button" class="button small" aria-label={t('org.leadFor', { item: item.code, area: t('org.wholeTerritory') })} onClick={() => askLead(item.code)}>
          {t('org.setLead')}
        </button>
        <button type="button" class="button danger small" aria-expanded={doing.value === 'retire'} aria-label={t('org.retireItem', { code: item.code })} onClick={() => toggle('retire')}>
          {t('org.retire')}
        </button>
      </div>
      {doing.value === 'change' && <ItemForm item={item} done={done} />}
      {doing.value === 'retire' && <RetireForm item={item} done={done} />}
    </>
  )
}

function ItemRow({ item }: { item: Item }): JSX.Element {
  const zh = lang.value === 'zh'
  const filing = zh ? item.filing_zh || item.filing_en : item.filing_en || item.filing_zh
  const closing = zh ? item.closing_zh || item.closing_en : item.closing_en || item.closing_zh
  return (
    <li>
      <details class="org-item">
        <summary>
          <span class="num muted small">{item.code}</span> {nameOf(item)} {item.urgent && <span class="chip warn">{t('org.urgent')}</span>}
        </summary>
        <dl class="small">
          <dt>{t('org.limits')}</dt>
          <dd>{limitsOf(item)}</dd>
          {filing && <dt>{t('org.filing')}</dt>}
          {filing && <dd>{filing}</dd>}
          {closing && <dt>{t('org.closing')}</dt>}
          {closing && <dd>{closing}</dd>}
          <dt>{t('org.names')}</dt>
          <dd>{[item.name_zh, item.name_en, ...item.synonyms].filter(Boolean).join(', ')}</dd>
        </dl>
        {mayStaff.value && <ItemActions item={item} />}
      </details>
    </li>
  )
}

function Versions(): JSX.Element {
  const found = catalogue.data.value
  const current = found?.current
  const said = (moved: number | null): string => (moved === null ? t('org.clocksStopped') : t('org.clocksMoved', { n: number(moved) }))
  return (
    <section aria-label={t('org.versions')}>
      <h2 class="org-head">{t('org.versions')}</h2>
      <p class="pad small second">{current ? t('org.versionLine', { version: number(current.version), items: number(current.items), classes: number(current.classes), before: number((found?.versions.length ?? 1) - 1) }) : ''}</p>
      {(found?.versions.length ?? 0) > 1 && (
        <details class="pad small">
          <summary>{t('org.versionsBefore')}</summary>
          <ul>
            {found?.versions.slice(1, 1 + KEPT).map((one) => (
              <li key={one.id}>{t('org.versionOf', { version: number(one.version), day: day(new Date(one.loaded_at)), items: number(one.items), title: one.title })}</li>
            ))}
          </ul>
        </details>
      )}
      <JobBar kinds={['clocks']} />
      {current && mayStaff.value && (
        <DoingForm label={t('org.applyLimits')} submit={t('org.applyLimitsDo')} onSubmit={() => applyLimits().then((moved) => toast(said(moved)))}>
          <p class="small second">{t('org.applyLimitsHint')}</p>
        </DoingForm>
      )}
    </section>
  )
}

/** Classes of the items that were found, each once, for the filter. */
function classesOf(found: readonly Item[]): [string, string][] {
  const zh = lang.value === 'zh'
  return [...new Map(found.map((item) => [item.class_code, `${item.class_code} ${zh ? item.class_zh || item.class_en : item.class_en || item.class_zh}`]))]
}

function Items(): JSX.Element {
  const shown = useSignal(SHOWN)
  const of = useSignal('')
  const adding = useSignal(false)
  const all = items.data.value?.items ?? []
  const classes = classesOf(all)
  const chosen = classes.some(([code]) => code === of.value) ? of.value : ''
  const found = all.filter((item) => !chosen || item.class_code === chosen)
  return (
    <>
      <div class="pad org-find">
        <SearchField
          id="item-find"
          label={t('org.findItem')}
          hint={t('org.findItemHint')}
          value={itemWords.value}
          maxLength={100}
          onSettle={(words) => {
            itemWords.value = words
            shown.value = SHOWN
            void items.load()
          }}
        />
        <SelectField id="item-class" label={t('org.itemClassOnly')} value={chosen} options={[['', t('org.allClasses')], ...classes]} onChange={(code) => (of.value = code)} />
        {mayStaff.value && (
          <button type="button" class="button" aria-expanded={adding.value} onClick={() => (adding.value = !adding.value)}>
            {t('org.addItem')}
          </button>
        )}
      </div>
      {adding.value && <ItemForm item={null} done={() => (adding.value = false)} />}
      {items.error.value && <ErrorNote error={items.error.value} retry={() => void items.load()} />}
      {items.data.value && found.length === 0 && <Empty icon="table" title={t('org.noItems')} hint={t('org.noItemsHint')} />}
      <ul class="org-tree org-items" aria-label={t('org.items')}>
        {found.slice(0, shown.value).map((item) => (
          <ItemRow key={item.code} item={item} />
        ))}
      </ul>
      {found.length > shown.value && (
        <div class="row pad-row">
          <button type="button" class="button" onClick={() => (shown.value += SHOWN)}>
            {t('org.moreItems', { n: number(found.length - shown.value) })}
          </button>
        </div>
      )}
    </>
  )
}

/** The catalogue: items by any of their names, their limits, and who leads for which item where. */
export function Catalogue(): JSX.Element {
  useEffect(() => {
    void readCatalogue()
    return onNews(({ kind }) => void (kind === 'organisation' && readCatalogue()))
  }, [])
  return (
    <div id="table" class="org-scroll" tabIndex={0} role="region" aria-label={t('org.catalogue')}>
      <Items />
      <Versions />
      <Leads />
    </div>
  )
}
