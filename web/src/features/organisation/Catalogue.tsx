import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { lang, t } from '../../i18n'
import { code, number } from '../../i18n/format'
import { SearchField, SelectField, TextField } from '../../ui/fields'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { toast } from '../../ui/toast'
import { applyLimits, catalogue, items, itemWords, leads, setLead, type Item } from './changes'
import { DoingForm } from './Doing'
import { mayStaff, tree } from './organisation'

const SHOWN = 40
const RULES = 200
const nameOf = (item: Item): string => (lang.value === 'zh' ? item.name_zh || item.name_en : item.name_en || item.name_zh)
const limitsOf = (item: Item): string => item.limits.map((one) => `${one.phase ? `${one.phase} ` : ''}${number(one.amount)} ${t(`org.unit.${one.unit as 'minute'}`)}${item.limits.some((other) => other.area_class !== one.area_class) ? ` (${t('org.class', { n: one.area_class })})` : ''}`).join(' · ')

function ItemRow({ item }: { item: Item }): JSX.Element {
  const zh = lang.value === 'zh'
  const filing = zh ? item.filing_zh || item.filing_en : item.filing_en || item.filing_zh
  const closing = zh ? item.closing_zh || item.closing_en : item.closing_en || item.closing_zh
  return (
    <li>
      <details class="org-item">
        <summary>
          <span class="num muted small">{item.code}</span> {nameOf(item)} {item.urgent && <span class="chip wn">{t('org.urgent')}</span>}
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
      </details>
    </li>
  )
}

function LeadForm(): JSX.Element {
  const draft = useSignal({ item: '*', area: '*', unit: '' })
  const now = draft.value
  const set = (part: Partial<typeof now>): void => void (draft.value = { ...draft.peek(), ...part })
  const all = tree.data.value
  const send = async (): Promise<void> => {
    const { item, area, unit } = draft.peek()
    await setLead({ item: item.trim() || '*', area, unit: unit || null })
    toast(t('org.saved'))
  }
  return (
    <DoingForm label={t('org.setLead')} submit={t('org.save')} onSubmit={send}>
      <TextField id="lead-item" label={t('org.leadItem')} hint={t('org.leadItemHint')} value={now.item} maxLength={40} onInput={(item) => set({ item })} />
      <SelectField id="lead-area" label={t('org.area')} value={now.area} options={[['*', t('org.wholeTerritory')], ...(all?.areas ?? []).map((area): [string, string] => [area.code, `${area.name} ${area.code}`])]} onChange={(area) => set({ area })} />
      <SelectField id="lead-unit" label={t('org.leadUnit')} value={now.unit} options={[['', t('org.nobodyWritten')], ...(all?.units ?? []).map((unit): [string, string] => [unit.id, `${unit.code} ${unit.name}`])]} onChange={(unit) => set({ unit })} />
    </DoingForm>
  )
}

function Pairs({ title, all, pairs }: { title: string; all: number; pairs: readonly { item: string; area: string }[] }): JSX.Element | null {
  if (all === 0) return null
  return (
    <details class="pad">
      <summary>{`${title} ${number(all)}`}</summary>
      <p class="small num org-places">{pairs.map((pair) => `${pair.item} @ ${code(pair.area)}`).join(' · ')}</p>
    </details>
  )
}

function Leads(): JSX.Element {
  const found = leads.data.value
  if (!found) return leads.error.value ? <ErrorNote error={leads.error.value} retry={() => void leads.load()} /> : <Skeleton rows={2} />
  return (
    <section aria-label={t('org.leads')}>
      <h2 class="org-head">{t('org.leads')}</h2>
      <p class="pad small second">
        {t('org.leadsLine', { items: number(found.items), areas: number(found.areas) })} {found.holes + found.doubles === 0 && t('org.leadsWhole')}
      </p>
      <Pairs title={t('org.holes')} all={found.holes} pairs={found.first_holes} />
      <Pairs title={t('org.doubles')} all={found.doubles} pairs={found.first_doubles} />
      <ul class="org-tree small">
        {found.rules.slice(0, RULES).map((rule) => (
          <li key={`${rule.item} ${rule.area} ${rule.unit.code}`} class="org-node">
            <span class="grow num">{`${rule.item === '*' ? t('org.allItems') : rule.item} @ ${rule.area === '*' ? t('org.wholeTerritory') : code(rule.area)}`}</span>
            <span>{`${rule.unit.code} ${rule.unit.name}`}</span>
          </li>
        ))}
      </ul>
      {mayStaff.value && <LeadForm />}
    </section>
  )
}

function Versions(): JSX.Element {
  const found = catalogue.data.value
  const current = found?.current
  const said = (moved: number | null): string => (moved === null ? t('org.clocksByJob') : t('org.clocksMoved', { n: number(moved) }))
  return (
    <section aria-label={t('org.versions')}>
      <h2 class="org-head">{t('org.versions')}</h2>
      <p class="pad small second">{current ? t('org.versionLine', { version: number(current.version), items: number(current.items), classes: number(current.classes), before: number((found?.versions.length ?? 1) - 1) }) : ''}</p>
      {current && mayStaff.value && (
        <DoingForm label={t('org.applyLimits')} submit={t('org.applyLimitsDo')} onSubmit={() => applyLimits().then((moved) => toast(said(moved)))}>
          <p class="small second">{t('org.applyLimitsHint')}</p>
        </DoingForm>
      )}
    </section>
  )
}

/** The catalogue: items by any of their names, their limits, and who leads for which item where. */
export function Catalogue(): JSX.Element {
  useEffect(() => void Promise.all([items.load(), leads.load(), catalogue.load()]), [])
  const found = items.data.value
  return (
    <div id="table" class="org-scroll" tabIndex={0} role="region" aria-label={t('org.catalogue')}>
      <div class="pad">
        <SearchField
          id="item-find"
          label={t('org.findItem')}
          hint={t('org.findItemHint')}
          value={itemWords.value}
          maxLength={100}
          onSettle={(words) => {
            itemWords.value = words
            void items.load()
          }}
        />
      </div>
      {items.error.value && <ErrorNote error={items.error.value} retry={() => void items.load()} />}
      {found?.length === 0 && <Empty icon="table" title={t('org.noItems')} hint={t('org.noItemsHint')} />}
      <ul class="org-tree org-items" aria-label={t('org.items')}>
        {(found ?? []).slice(0, SHOWN).map((item) => (
          <ItemRow key={item.code} item={item} />
        ))}
      </ul>
      {(found?.length ?? 0) > SHOWN && <p class="pad small second">{t('org.moreItems', { n: number((found?.length ?? 0) - SHOWN) })}</p>}
      <Versions />
      <Leads />
    </div>
  )
}
