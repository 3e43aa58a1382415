/** A case in words. */
import { computed } from '@preact/signals'
import { gridByCode } from '../../api/data'
import { isOver, type CaseFull, type Incident } from '../../api/types'
import { lang, t, tOr, type Key } from '../../i18n'
import { gridNumber } from '../../i18n/format'
import { items, nameOf } from '../phone/catalogue'

const byCode = computed(() => new Map(items.value.map((one) => [one.code, one])))

/** What a case is about: the catalogue's name in the language on screen, else the words of whoever reported. */
export function itemWords(one: { item: string; item_code?: string | null }): string {
  const known = one.item_code ? byCode.value.get(one.item_code) : undefined
  return known ? nameOf(known) : one.item
}

export const isClosed = (one: Incident): boolean => isOver(one.state)
/** The word of a state in the language on screen. */
export const stateWord = (one: { state: string }): string => tOr(`state.${one.state.toLowerCase()}`, one.state)
/** The request that waits, or the state. */
export const standWord = (one: Incident): string => (one.pending ? t(`dispatch.asked.${one.pending}` as Key) : stateWord(one))

/** The grid by its number, both where the border leaves it open; nothing outside every grid. */
export const gridWords = (one: Pick<Incident, 'grid' | 'alt_grid'>): string =>
  [one.grid, one.alt_grid].flatMap((grid) => (grid ? gridNumber(grid.code) : [])).join(' / ')

/** The name of the grid; without one that of its village, since every village has a grid 4. */
export const groundName = (one: Pick<Incident, 'grid'>): string =>
  one.grid ? one.grid.name || (gridByCode.value.get(one.grid.code)?.area_name ?? '') : ''

/** Where a case is, in a few words. */
export function placeWords(one: Incident): string {
  if (one.lon === null) return t('dispatch.notLocated')
  if (!one.grid) return t('dispatch.outside')
  return [`${t('grid.grid')} ${gridWords(one)}`, groundName(one)].filter(Boolean).join(' · ')
}

/** The last figures of a report's number, as people say it. */
export const shortNo = (no: string): string => no.replace(/^\d{4}-?\d{2}-/, '')

type Transition = CaseFull['transitions'][number]

/** What was corrected, in the words of the form. */
function amended(one: Pick<Transition, 'facts'>): string {
  const changed = Array.isArray(one.facts.changed) ? (one.facts.changed as string[]) : []
  const names = [...new Set(changed.map((name) => (name === 'item_code' ? 'item' : name)))]
  return t('case.corrected', { what: names.map((name) => tOr(`case.part.${name}`, name)).join(', ') })
}
const ACTION_KEYS: Record<string, true> = Object.fromEntries(
  ['register', 'self_handle', 'ask_verification', 'verification_done', 'accept', 'reject', 'appeal', 'link_duplicate', 'unlink_duplicate', 'refer', 'acknowledge_referral', 'refuse_referral', 'open', 'dispatch', 'recall', 'sign', 'request_return', 'approve_return', 'refuse_return', 'request_suspension', 'approve_suspension', 'refuse_suspension', 'request_extension', 'approve_extension', 'refuse_extension', 'request_void', 'approve_void', 'refuse_void', 'resume', 'report_done', 'send_to_check', 'pass_check', 'fail_check', 'fail_check_self_handled', 'close', 'rate', 'reopen', 'archive', 'escalate', 'supervise', 'joint_call'].map((name) => [name, true as const]),
)
const english = (action: string): string => (action in ACTION_KEYS ? t(`action.${action}` as Key) : action.replaceAll('_', ' '))
/** A step of a case or of one of its tasks, in the language on screen. */
export const stepWords = (one: Pick<Transition, 'action' | 'zh' | 'facts'>): string =>
  one.action === 'amend' ? amended(one) : tOr(`step.${one.action}`, lang.value === 'zh' ? one.zh : english(one.action))
