import type { Incident } from '../../api/types'
import { t } from '../../i18n'
import { position } from '../../i18n/format'
import { clockOfCase, clockWords } from '../../ui/clocks'
import type { Column } from '../../ui/DataTable'
import { saveFile } from '../../ui/save'
import { clockTime, marked, shown, toggleMark } from './desk'
import { ClockText, CriticalChip, Sign, StateChip } from './Queue'
import { gridWords, groundName, itemWords, placeWords, shortNo, standWord } from './words'

const LAST = '9999'

/** Columns of the list without a map: the same rows with everything in words. */
export const columns = (): Column<Incident>[] => [
  {
    id: 'clock',
    head: t('dispatch.col.clock'),
    sort: (one) => `${one.severity === 'critical' ? 0 : 1} ${one.due_at ?? LAST}`,
    cell: (one) => (
      <span class="row">
        <label class="mark-box" onClick={(event) => event.stopPropagation()}>
          <input type="checkbox" tabIndex={-1} checked={marked.value.has(one.no)} aria-label={t('dispatch.mark', { no: shortNo(one.no) })} onChange={() => toggleMark(one.no)} />
        </label>
        <Sign one={one} />
        <ClockText one={one} />
      </span>
    ),
  },
  { id: 'no', head: t('dispatch.col.no'), sort: (one) => one.no, cell: (one) => shortNo(one.no) },
  {
    id: 'item',
    head: t('dispatch.col.item'),
    sort: itemWords,
    cell: (one) => (
      <span class="row">
        <span class="strong ellipsis item-cell">{itemWords(one)}</span>
        <CriticalChip one={one} />
        {one.demo && <span class="chip outline">{t('dispatch.demo')}</span>}
      </span>
    ),
  },
  { id: 'place', head: t('dispatch.col.place'), sort: placeWords, cell: (one) => <span class="ellipsis place-cell">{groundName(one) || (one.lon === null || one.lat === null ? t('dispatch.notLocated') : position(one.lon, one.lat))}</span> },
  { id: 'grid', head: t('dispatch.col.grid'), sort: (one) => one.grid?.code ?? '', cell: (one) => gridWords(one) || '–' },
  { id: 'unit', head: t('dispatch.col.unit'), sort: (one) => one.unit?.name ?? '', cell: (one) => one.unit?.name ?? '–' },
  { id: 'state', head: t('dispatch.col.state'), sort: standWord, cell: (one) => <StateChip one={one} /> },
]

const quoted = (text: string): string => (/[",\n]|^[=+@-]/.test(text) ? `"${(/^[=+@-]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"` : text)

/** Saves exactly the rows on screen. */
export function saveCsv(): void {
  const head = ['clock', 'no', 'item', 'place', 'grid', 'unit', 'state', 'time'] as const
  const lines = shown.value.map((one) => [
    clockWords(clockOfCase(one, clockTime.value), clockTime.value), one.no, itemWords(one), placeWords(one), one.grid?.code ?? '', one.unit?.name ?? '', standWord(one), one.reported_at,
  ])
  const names = head.map((id) => t(`dispatch.col.${id}`))
  saveFile('cases.csv', `\uFEFF${[names, ...lines].map((line) => line.map(quoted).join(',')).join('\r\n')}\r\n`, 'text/csv')
}
