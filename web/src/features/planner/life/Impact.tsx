import { signal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { mayExport } from '../../../api/rights'
import { t, lang } from '../../../i18n'
import { gridNumber, number } from '../../../i18n/format'
import { Icon } from '../../../ui/Icon'
import { openDownload } from '../../../ui/save'
import { AssignHeads } from './AssignHeads'
import type { CheckProblem, Impact } from './life'
import { problemWords } from './words'

type Part = 'moves' | 'heads' | 'cases' | 'cameras'
const part = signal<Part>('moves')
const HECTARE_M2 = 10_000
const ROWS = 200
const SHOWN_POINTS = 5

/** The checklist of the server: every line with its open points. */
export function CheckLines({ data }: { data: Impact }): JSX.Element {
  return (
    <ul class="stack checklist">
      {data.checklist.map((line) => (
        <li key={line.kind} data-check={line.kind}>
          <p class={`check ${line.ok ? 'good' : line.blocking ? 'bad' : 'soft'}`}>
            <Icon name={line.ok ? 'check' : line.blocking ? 'alert' : 'warning'} title={t(line.ok ? 'life.ok' : line.blocking ? 'life.blocks' : 'life.warns')} />
            {lang.value === 'zh' ? line.text_zh : line.text_en}
            {!line.ok && <span class="chip round">{number(line.count)}</span>}
          </p>
          {!line.ok && (
            <ul class="small second open-points">
              {line.open.slice(0, SHOWN_POINTS).map((point, k) => (
                <li key={k}>{problemWords(point as unknown as CheckProblem)}</li>
              ))}
              {line.count > SHOWN_POINTS && <li class="muted">{t('life.morePoints', { n: number(line.count - SHOWN_POINTS) })}</li>}
            </ul>
          )}
          {!line.ok && line.kind === 'head' && <AssignHeads plan={data.plan.id} />}
        </li>
      ))}
    </ul>
  )
}

const grid = (one: { code: string; name?: string } | null | undefined): string =>
  one ? `${gridNumber(one.code)} ${one.name ?? ''}`.trim() : t('life.noGrid')

function Rows(props: { name: string; head: string[]; rows: ComponentChildren[][]; numbers?: number[] }): JSX.Element {
  return (
    <div class="impact-box" tabIndex={0} role="region" aria-label={props.name}>
      <table class="table">
        <caption class="visually-hidden">{props.name}</caption>
        <thead>
          <tr>
            {props.head.map((words, c) => (
              <th key={words} scope="col" class={props.numbers?.includes(c) ? 'num' : ''}>
                {words}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.slice(0, ROWS).map((cells, k) => (
            <tr key={k}>
              {cells.map((cell, c) => (
                <td key={c} class={props.numbers?.includes(c) ? 'num' : ''}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {props.rows.length === 0 && <p class="small muted pad">{t('life.nothingMoves')}</p>}
    </div>
  )
}

function Table({ data }: { data: Impact }): JSX.Element {
  const g = t('grid.grid')
  if (part.value === 'heads') {
    const rows = data.heads.map((one) => [grid(one.grid), one.before?.work_no ?? t('grid.vacant'), one.after?.work_no ?? t('grid.vacant')])
    return <Rows name={t('life.heads')} head={[g, t('life.headBefore'), t('life.headAfter')]} rows={rows} />
  }
  if (part.value === 'cases') {
    const rows = data.cases.map((one) => [one.no, one.item, grid(one.from), grid(one.to)])
    return <Rows name={t('life.cases')} head={[t('dispatch.col.no'), t('dispatch.col.item'), t('life.fromGrid'), t('life.toGrid')]} rows={rows} />
  }
  if (part.value === 'cameras') {
    const rows = data.cameras.map((one) => [one.name, grid(one.from), grid(one.to)])
    return <Rows name={t('life.cameras')} head={[t('camera.camera'), t('life.fromGrid'), t('life.toGrid')]} rows={rows} />
  }
  const rows = data.moves.map((one) => [
    grid(one.from),
    grid(one.to),
    number(one.households),
    number(one.area_m2 / HECTARE_M2, 2),
    number(one.cases),
    number(one.cameras),
    one.head_changes ? `${one.from.head?.work_no ?? '–'} → ${one.to.head?.work_no ?? '–'}` : t('life.sameHead'),
  ])
  const head = [t('life.fromGrid'), t('life.toGrid'), t('grid.households'), t('unit.ha'), t('life.cases'), t('life.cameras'), t('grid.head')]
  return <Rows name={t('life.moves')} head={head} rows={rows} numbers={[2, 3, 4, 5]} />
}

/** Households, heads, open cases and cameras that change hands, by grid. */
export function ImpactSheet({ data }: { data: Impact }): JSX.Element {
  const total = (name: string): number => data.totals[name] ?? 0
  const tabs: [Part, string, number][] = [
    ['moves', t('life.moves'), data.moves.length],
    ['heads', t('life.heads'), total('heads_changed')],
    ['cases', t('life.cases'), total('cases_moved')],
    ['cameras', t('life.cameras'), total('cameras_moved')],
  ]
  return (
    <section class="stack" aria-label={t('life.impact')}>
      <div class="row wrap">
        <h3 class="grow">{data.before ? t('life.impactAgainst', { name: data.before.name }) : t('life.impactFirst')}</h3>
        {mayExport.value && (
          <button
            type="button"
            class="button"
            onClick={() => openDownload(`/api/v1/plans/${data.plan.id}/impact?format=xlsx&lang=${lang.value}`, `${data.plan.name}.xlsx`)}
          >
            <Icon name="download" />
            XLSX
          </button>
        )}
      </div>
      <p class="second small" data-testid="impact-totals">
        {t('life.impactTotals', {
          moved: number(total('households_moved')),
          all: number(total('households')),
          heads: number(total('households_with_another_head')),
        })}
        {total('households_lost') > 0 && ` ${t('life.lost', { n: number(total('households_lost')) })}`}
      </p>
      <div class="tabs small-tabs" role="tablist" aria-label={t('life.impact')}>
        {tabs.map(([id, words, count]) => (
          <button key={id} type="button" role="tab" aria-selected={part.value === id} onClick={() => (part.value = id)}>
            {words} <span class="chip round">{number(count)}</span>
          </button>
        ))}
      </div>
      <Table data={data} />
    </section>
  )
}
