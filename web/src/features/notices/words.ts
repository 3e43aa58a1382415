/** What notices say. */
import type { components } from '../../api/schema'
import { lang, t, tOr } from '../../i18n'
import { number } from '../../i18n/format'

export type Notice = components['schemas']['NoticeOut']

const text = (one: Notice, name: string): string => (typeof one.facts[name] === 'string' ? one.facts[name] : '')

/** What a notice says, without its time. */
export function noticeWords(one: Notice): string {
  if (one.kind === 'clock') {
    const percent = typeof one.facts.percent === 'number' ? one.facts.percent : 100
    const which = tOr(`notices.clock.${text(one, 'clock')}`, text(one, 'clock'))
    return t(percent >= 100 ? 'notices.late' : 'notices.soon', { percent: number(percent), which })
  }
  const action = text(one, 'action')
  return tOr(`notices.action.${action}`, tOr(`action.${action}`, action.replaceAll('_', ' ')))
}
/** What the case is about: as the catalogue calls it in the language on screen, else as it was reported. */
export const noticeItem = (one: Notice): string => text(one, lang.value === 'zh' ? 'item_zh' : 'item_en') || text(one, 'item')
export const noticeCase = (one: Notice): string | null => text(one, 'no') || null
/** Late things stand out by a sign. */
export const isUrgent = (one: Notice): boolean => one.kind === 'clock' && Number(one.facts.percent ?? 0) >= 100
