import { computed, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { ask, query } from '../../api/client'
import { plans, territory } from '../../api/data'
import type { components } from '../../api/schema'
import { t } from '../../i18n'
import { code, number } from '../../i18n/format'
import { listMode, store } from '../../map/store'
import { DataTable, ordered, readOrder, writeOrder, type Column, type Order } from '../../ui/DataTable'
import { FileField, SelectField } from '../../ui/fields'
import { Icon } from '../../ui/Icon'
import { saveFile } from '../../ui/save'
import { ErrorNote } from '../../ui/states'
import { readTotals, toCsv } from './actions'
import { areas } from './areas'
import { kindName } from './words'

type Answer = components['schemas']['StatisticsOut']
type Row = Answer['rows'][number]

const BY_CODE: Order = { column: 'code', down: false }
/** What is asked: a measure, on which boundaries of which day, and where stored totals come from. */
const asked = signal({ measure: 'households', on: '', at: '', of: '', ofAt: '', from: '', to: '', by: 'household' })
const totals = signal<Record<string, number> | null>(null)
const answer = signal<Answer | null>(null)
const failure = signal<unknown>(null)
const busy = signal(false)
const badLine = signal<number | null>(null)

/** Boundary sets to choose from: areas of each kind, plans of any state. */
const sets = computed<[string, string][]>(() => {
  const kinds = [...new Set((areas.data.value ?? []).map((one) => one.kind))]
  return [
    ...kinds.map((kind): [string, string] => [`areas:${kind}`, t('areas.setAreas', { kind: kindName(kind) })]),
    ...(plans.data.value ?? []).map((plan): [string, string] => [`plan:${plan.id}`, t('areas.setPlan', { name: plan.name })]),
  ]
})
const onNow = computed(() => asked.value.on || (sets.value[0]?.[0] ?? ''))

async function compute(): Promise<void> {
  const where = territory.peek()?.id ?? null
  const now = asked.peek()
  busy.value = true
  failure.value = null
  try {
    answer.value =
      now.measure === 'totals'
        ? await ask<Answer>('/api/v1/statistics/restate', {
            method: 'POST',
            body: { territory: where, of: now.of || onNow.peek(), of_at: now.ofAt || null, on: onNow.peek(), at: now.at || null, totals: totals.peek() ?? {}, by: now.by },
          })
        : await ask<Answer>(`/api/v1/statistics${query({ territory: where, measure: now.measure, on: onNow.peek(), at: now.at, of: now.measure === 'households' ? now.of : null, from: now.measure === 'incidents' ? now.from : null, to: now.measure === 'incidents' ? now.to : null })}`)
  } catch (cause) {
    failure.value = cause
  }
  busy.value = false
}

async function readFile(file: File | undefined): Promise<void> {
  badLine.value = null
  totals.value = null
  if (!file) return
  const read = readTotals(await file.text())
  badLine.value = read.bad
  if (read.bad === null) totals.value = read.totals
}

function DayField(props: { id: string; label: string; value: string; set: (value: string) => void }): JSX.Element {
  return (
    <div class="field grow">
      <label for={props.id}>{props.label}</label>
      <input id={props.id} type="date" class="input" value={props.value} onInput={(event) => props.set(event.currentTarget.value)} />
    </div>
  )
}

const digits = (value: number): number => (Number.isInteger(value) ? 0 : 1)

function columns(of: Answer): Column<Row>[] {
  return [
    { id: 'code', head: t('camera.code'), sort: (row) => row.code, cell: (row) => <span class="num">{code(row.code)}</span>, total: 'Σ' },
    { id: 'name', head: t('grid.name'), sort: (row) => row.name, cell: (row) => <span class="figure-name ellipsis">{row.name}</span>, total: t('areas.outside', { n: number(of.outside, digits(of.outside)) }) },
    { id: 'value', head: t('areas.value'), numeric: true, sort: (row) => row.value, cell: (row) => number(row.value, digits(row.value)), total: number(of.total, digits(of.total)) },
    { id: 'method', head: t('areas.method'), sort: (row) => row.method, cell: (row) => t(`areas.method.${row.method}`) },
  ]
}

function Answered({ of }: { of: Answer }): JSX.Element {
  const order = readOrder(store.sort.value, BY_CODE)
  const cols = columns(of)
  const save = (): void => {
    const head = ['code', 'name', 'value', 'counted', 'apportioned', 'method'] as const
    const rows = [...of.rows.map((row) => head.map((name) => row[name])), ['', t('areas.outsideName'), of.outside, '', '', '']]
    saveFile(`${of.measure} ${of.on.replace(':', ' ')}.csv`, toCsv(head, rows), 'text/csv')
  }
  return (
    <>
      <div class="row pad-row area-tools">
        <span class="small second grow">{t('areas.rows', { n: number(of.rows.length) })}</span>
        <button type="button" class="button" onClick={save}>
          <Icon name="download" />
          {t('areas.csv')}
        </button>
      </div>
      <div class="table-box">
        <DataTable
          id="table"
          caption={t('areas.figures')}
          columns={cols}
          rows={ordered(of.rows, cols, order)}
          keyOf={(row) => row.id}
          selected={null}
          order={order}
          onOrder={(next) => (store.sort.value = writeOrder(next))}
          onSelect={() => undefined}
          tall={listMode.value}
        />
      </div>
    </>
  )
}

const MEASURES = ['households', 'incidents', 'cameras', 'totals'] as const

/** Figures restated on any boundaries: areas of a kind on a day, or the grids of a plan. */
export function Figures(): JSX.Element {
  const now = asked.value
  const set = (part: Partial<typeof now>): void => void (asked.value = { ...asked.value, ...part })
  const own = now.measure === 'totals'
  const why = own && !totals.value ? t('areas.noTotals') : ''
  const go = (event: SubmitEvent): void => {
    event.preventDefault()
    if (!why && !busy.value) void compute()
  }
  return (
    <>
      <form class="stack area-form figures-form" onSubmit={go}>
        <p class="small second">{t('areas.figuresHint')}</p>
        <SelectField id="figure-measure" label={t('areas.measure')} value={now.measure} options={MEASURES.map((one) => [one, t(`areas.measure.${one}`)] as const)} onChange={(measure) => set({ measure })} />
        {own && (
          <FileField
            id="figure-file"
            label={t('areas.totalsFile')}
            hint={totals.value ? t('areas.totalsRead', { n: number(Object.keys(totals.value).length) }) : t('areas.totalsHint')}
            error={badLine.value === null ? null : t('areas.totalsBad', { n: number(badLine.value) })}
            accept=".csv,text/csv"
            onFiles={([file]) => void readFile(file)}
          />
        )}
        {(own || now.measure === 'households') && (
          <div class="row fields">
            <SelectField id="figure-of" label={t(own ? 'areas.totalsOf' : 'areas.storedOf')} value={now.of || (own ? onNow.value : '')} options={own ? sets.value : [['', t('areas.countAgain')], ...sets.value.filter(([name]) => name.startsWith('plan:'))]} onChange={(of) => set({ of })} />
            {own && <DayField id="figure-of-at" label={t('areas.ofDay')} value={now.ofAt} set={(ofAt) => set({ ofAt })} />}
          </div>
        )}
        {now.measure === 'incidents' && (
          <div class="row fields">
            <DayField id="figure-from" label={t('areas.since')} value={now.from} set={(from) => set({ from })} />
            <DayField id="figure-to" label={t('areas.until')} value={now.to} set={(to) => set({ to })} />
          </div>
        )}
        <div class="row fields">
          <SelectField id="figure-on" label={t('areas.on')} value={onNow.value} options={sets.value} onChange={(on) => set({ on })} />
          <DayField id="figure-at" label={t('areas.asOf')} value={now.at} set={(at) => set({ at })} />
        </div>
        {own && <SelectField id="figure-by" label={t('areas.by.label')} value={now.by} options={[['household', t('areas.by.household')], ['area', t('areas.by.area')]]} onChange={(by) => set({ by })} />}
        {failure.value !== null && <ErrorNote error={failure.value} />}
        <div class="row">
          <button type="submit" class="button primary" aria-disabled={busy.value || why !== ''} data-tip={why || undefined}>
            {t('areas.compute')}
          </button>
          {why && <span class="small muted">{why}</span>}
        </div>
      </form>
      {answer.value ? <Answered of={answer.value} /> : <div id="table" tabIndex={-1} />}
    </>
  )
}
