/** A calendar's file: all of it, or the days of some years beside what holds. */

import { t } from '../../i18n'
import type { components } from '../../api/schema'

type Body = components['schemas']['CalendarIn']

/** What a file puts in force: a file without working hours changes the years it names and leaves the rest. */
export function calendarOf(text: string, holds: Body): Body {
  let told: unknown
  try {
    told = JSON.parse(text)
  } catch {
    told = null
  }
  if (typeof told !== 'object' || told === null || Array.isArray(told) || !('hours' in told || 'years' in told)) throw new Error(t('org.calendarFileWrong'))
  const file = told as Partial<Body>
  return file.hours ? (file as Body) : { ...holds, ...file, years: { ...holds.years, ...file.years } }
}
