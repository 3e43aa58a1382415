import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { t } from '../../i18n'
import { code, number } from '../../i18n/format'
import { SelectField, TextField } from '../../ui/fields'
import { ErrorNote, Skeleton } from '../../ui/states'
import { toast } from '../../ui/toast'
import { leads, setLead } from './changes'
import { DoingForm } from './Doing'
import { mayStaff, tree } from './organisation'

const RULES = 200
const NOTHING = { item: '*', area: '*', unit: '' }
const draft = signal(NOTHING)

/** Takes an item, and an area if one is meant, to the form below. */
export function askLead(item: string, area = '*', unit = ''): void {
  draft.value = { item, area, unit }
  document.getElementById('lead-unit')?.focus()
}

function LeadForm(): JSX.Element {
  const now = draft.value
  const set = (part: Partial<typeof NOTHING>): void => void (draft.value = { ...draft.peek(), ...part })
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

const placeOf = (area: string): string => {
  if (area === '*') return t('org.wholeTerritory')
  const known = tree.data.value?.areas.find((one) => one.code === area)
  return known ? `${known.name} ${code(area)}` : code(area)
}
const itemOf = (item: string): string => (item === '*' ? t('org.allItems') : item)

function Pairs({ title, all, pairs }: { title: string; all: number; pairs: readonly { item: string; area: string }[] }): JSX.Element | null {
  if (all === 0) return null
  return (
    <details class="pad">
      <summary>{`${title} ${number(all)}`}</summary>
      {all > pairs.length && <p class="small second">{t('org.firstPairs', { n: number(pairs.length) })}</p>}
      <ul class="org-tree small org-pairs">
        {pairs.map((pair) => (
          <li key={`${pair.item} ${pair.area}`} class="org-node">
            <span class="grow">
              <span class="num">{pair.item}</span> {placeOf(pair.area)}
            </span>
            {mayStaff.value && (
              <button type="button" class="button small" aria-label={t('org.leadFor', { item: pair.item, area: placeOf(pair.area) })} onClick={() => askLead(pair.item, pair.area)}>
                {t('org.setLead')}
              </button>
            )}
          </li>
        ))}
      </ul>
    </details>
  )
}

/** Who leads for which item where; what has no unit, or several, is listed and one press from the form. */
export function Leads(): JSX.Element {
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
      <ul class="org-tree small" aria-label={t('org.leadRules')}>
        {found.rules.slice(0, RULES).map((rule) => (
          <li key={`${rule.item} ${rule.area} ${rule.unit.code}`} class="org-node">
            <span class="grow num">{`${itemOf(rule.item)} @ ${placeOf(rule.area)}`}</span>
            <span>{`${rule.unit.code} ${rule.unit.name}`}</span>
            {mayStaff.value && (
              <button type="button" class="button small" aria-label={`${t('org.change')} ${itemOf(rule.item)} ${placeOf(rule.area)}`} onClick={() => askLead(rule.item, rule.area, rule.unit.id)}>
                {t('org.change')}
              </button>
            )}
          </li>
        ))}
      </ul>
      {mayStaff.value && <LeadForm />}
    </section>
  )
}
