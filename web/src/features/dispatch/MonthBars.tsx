import type { JSX } from 'preact'
import { useSignal } from '@preact/signals'
import { lang, t } from '../../i18n'
import { Bars, type Bar } from '../../ui/Bars'

/** More months than this are shown by year. */
const MOST_MONTHS = 18

export interface Month {
  /** As `2026-05`. */
  key: string
  n: number
}

const monthWords = (key: string): string => new Date(`${key}-15T12:00:00Z`).toLocaleDateString(lang.value === 'zh' ? 'zh-CN' : 'en-GB', { year: 'numeric', month: 'short' })
const yearWords = (year: string): string => new Date(`${year}-06-15T12:00:00Z`).toLocaleDateString(lang.value === 'zh' ? 'zh-CN' : 'en-GB', { year: 'numeric' })

/** How many in each year, in the order of years. Pure. */
export function byYear(months: readonly Month[]): Month[] {
  const sums = new Map<string, number>()
  for (const { key, n } of months) sums.set(key.slice(0, 4), (sums.get(key.slice(0, 4)) ?? 0) + n)
  return [...sums].map(([key, n]) => ({ key, n })).sort((a, b) => a.key.localeCompare(b.key))
}

/** Cases by month; of many months by year, and by month of a year that is chosen. */
export function MonthBars({ months }: { months: readonly Month[] }): JSX.Element {
  const year = useSignal<string | null>(null)
  const many = months.length > MOST_MONTHS
  const n = t('intake.reports')
  const one = (each: Month): Bar => ({ ...each, words: monthWords(each.key) })
  if (!many) return <Bars title={t('intake.byMonth')} head={[t('intake.month'), n]} bars={months.map(one)} />
  if (year.value === null) {
    const bars = byYear(months).map((each) => ({ ...each, words: yearWords(each.key), onPick: () => void (year.value = each.key) }))
    return <Bars title={t('intake.byYear')} head={[t('intake.year'), n]} bars={bars} />
  }
  return (
    <>
      <Bars title={`${t('intake.byMonth')} · ${yearWords(year.value)}`} head={[t('intake.month'), n]} bars={months.filter(({ key }) => key.startsWith(year.value ?? '')).map(one)} />
      <button type="button" class="link" onClick={() => (year.value = null)}>
        {t('intake.allYears')}
      </button>
    </>
  )
}
