import type { JSX } from 'preact'
import { lang, t, type Key } from '../../i18n'
import { day, shortClock } from '../../i18n/format'
import { today } from '../planner/life/days'
import type { Needs } from './types'

/** A month as people write it. */
export function monthWords(text: string): string {
  const [year = 0, month = 1] = text.split('-').map(Number)
  if (lang.value === 'zh') return `${year}年${month}月`
  return new Date(year, month - 1, 1).toLocaleDateString('en-GB', { month: 'short', year: 'numeric' })
}

/** The moment or month that needs stand for. */
export function whenWords(of: Needs, at: string): string {
  if (of.month) return monthWords(of.month)
  if (of.on) return day(new Date(`${of.on}T12:00`))
  const then = new Date(at)
  return Number.isNaN(then.getTime()) ? '–' : `${day(then)}${lang.value === 'zh' ? ' ' : ', '}${shortClock(then)}`
}

interface WhenProps {
  pick: (choice: Partial<Needs>) => void
  close: () => void
  /** Offer the day and the month before: to set beside what is on screen. */
  before?: boolean
}

/** A day or a month to pick, and a button that takes it. */
export function WhenFields({ pick, close, before = false }: WhenProps): JSX.Element {
  const field = (type: 'date' | 'month', name: Key, hint: Key, most: string, start: string): JSX.Element => (
    <form
      class="when-field"
      onSubmit={(event) => {
        event.preventDefault()
        const text = (event.currentTarget.elements.namedItem('when') as HTMLInputElement).value
        if (!text) return
        pick(type === 'date' ? { on: text, month: null } : { month: text, on: null })
        close()
      }}
    >
      <label>
        <span class="small second">
          {t(name)} <span class="muted">{t(hint)}</span>
        </span>
        <input class="input" name="when" type={type} max={most} defaultValue={start} pattern={type === 'date' ? '\\d{4}-\\d{2}-\\d{2}' : '\\d{4}-\\d{2}'} required />
      </label>
      <button type="submit" class="button">
        {t('cov.show')}
      </button>
    </form>
  )
  const now = new Date()
  const [day, yesterday] = [today(now), today(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))]
  const month = today(new Date(now.getFullYear(), now.getMonth() - 1, 1)).slice(0, 7)
  return (
    <>
      {field('date', 'cov.onDay', 'cov.dayHint', day, before ? yesterday : day)}
      {field('month', 'cov.overMonth', 'cov.monthHint', day.slice(0, 7), before ? month : day.slice(0, 7))}
    </>
  )
}
