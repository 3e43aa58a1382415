import { useSignal, type Signal } from '@preact/signals'
import { Fragment, type JSX } from 'preact'
import { Problem } from '../../api/client'
import { lang, t, tOr } from '../../i18n'
import { number } from '../../i18n/format'
import { findingZh } from '../../i18n/rows'
import { Bars } from '../../ui/Bars'
import { Combobox } from '../../ui/Combobox'
import { CheckField, FileField, SelectField, TextField } from '../../ui/fields'
import { JobBar } from '../../ui/JobBar'
import { RowProblems } from '../../ui/RowProblems'
import { ErrorNote } from '../../ui/states'
import { findItems, nameOf, items as catalogue } from '../phone/catalogue'
import { reload } from './desk'
import { FIELDS, hasSwapped, sendFile, SYSTEMS, type FieldName, type Loaded, type Reading } from './importing'
import { MonthBars } from './MonthBars'
import { PanelFrame } from './PanelFrame'
import { itemWords } from './words'

const WORDS_SHOWN = 30
const OTHER = 'other'

/** Which column holds which field: as the server read it, or as somebody says here. */
function Columns({ header, reading, read }: { header: readonly string[]; reading: Signal<Reading>; read: Loaded['columns'] }): JSX.Element {
  const choose = (field: FieldName, column: string): void => {
    const columns = { ...reading.peek().columns }
    if (column) columns[field] = column
    else delete columns[field]
    reading.value = { ...reading.peek(), columns }
  }
  return (
    <details open={Object.keys(read).length === 0}>
      <summary>{t('intake.columns')}</summary>
      <div class="stack">
        {FIELDS.map((field) => (
          <SelectField
            key={field}
            id={`import-${field}`}
            label={t(`intake.field.${field}`)}
            value={reading.value.columns[field] ?? read[field] ?? ''}
            options={[['', t('intake.noColumn')], ...header.map((column) => [column, column] as const)]}
            onChange={(column) => choose(field, column)}
          />
        ))}
      </div>
    </details>
  )
}

/** One of the words of the file, and the item of the catalogue that it means. */
function WordRow({ words, n, reading, at }: { words: string; n: number; reading: Signal<Reading>; at: number }): JSX.Element {
  const text = useSignal<string | null>(null)
  const code = reading.value.items[words]
  const known = catalogue.value.find((one) => one.code === code)
  const put = (next: string | null): void => {
    const items = { ...reading.peek().items }
    if (next) items[words] = next
    else delete items[words]
    reading.value = { ...reading.peek(), items }
  }
  return (
    <div class="field grow">
      <label for={`import-item-${at}`}>
        {words} <span class="muted num">{number(n)}</span>
      </label>
      <Combobox
        id={`import-item-${at}`}
        listLabel={t('dispatch.filterItem')}
        text={text.value ?? (known ? nameOf(known) : '')}
        settled={code !== undefined}
        maxLength={120}
        invalid={false}
        find={findItems}
        keyOf={(one) => one.code}
        words={nameOf}
        aside={(one) => one.code}
        onText={(typed) => {
          text.value = typed
          put(null)
        }}
        onPick={(one) => {
          text.value = nameOf(one)
          put(one.code)
        }}
      />
    </div>
  )
}

/** Words that the catalogue does not know: each may be told which item it means. */
function Words({ unmatched, reading }: { unmatched: Record<string, number>; reading: Signal<Reading> }): JSX.Element | null {
  const words = Object.entries(unmatched).sort((a, b) => b[1] - a[1])
  if (words.length === 0) return null
  return (
    <details open>
      <summary>{t('intake.words', { n: number(words.length) })}</summary>
      <p class="small second">{t('intake.wordsHint')}</p>
      <div class="stack">
        {words.slice(0, WORDS_SHOWN).map(([word, n], at) => (
          <WordRow key={word} words={word} n={n} reading={reading} at={at} />
        ))}
      </div>
      {words.length > WORDS_SHOWN && <p class="small muted">{t('intake.moreWords', { n: number(words.length - WORDS_SHOWN) })}</p>}
    </details>
  )
}

const said = (sentence: string): string => (lang.value === 'zh' ? findingZh(sentence) : sentence)

/** What the file holds: sums, dirt by row, and charts of what is good. */
function Found({ loaded, dry }: { loaded: Loaded; dry: boolean }): JSX.Element {
  const { items = {}, areas = {}, months = {} } = loaded.tallies
  const bars = (of: Record<string, number>, words: (key: string) => string = (key) => key) => Object.entries(of).map(([key, n]) => ({ key, words: words(key), n }))
  const n = t('intake.reports')
  return (
    <div class="stack" data-testid="file-found">
      <p role="status" class="strong">
        {t(dry ? 'intake.wouldLoad' : 'intake.loaded', { n: number(dry ? loaded.accepted : (loaded.counts.inserted ?? loaded.accepted)), bad: number(loaded.rejected_rows), flagged: number(loaded.flagged_rows) })}
      </p>
      <dl class="facts">
        {Object.entries(loaded.counts).map(([name, count]) => (
          <Fragment key={name}>
            <dt>{tOr(`intake.count.${name}`, name)}</dt>
            <dd>{number(count)}</dd>
          </Fragment>
        ))}
        {loaded.encoding && (
          <>
            <dt>{t('intake.encoding')}</dt>
            <dd>{loaded.encoding}</dd>
          </>
        )}
      </dl>
      {[...loaded.findings.map(({ count, sentence, examples }) => `${number(count)} × ${said(sentence)}${examples.length ? ` (${examples.slice(0, 3).join(', ')})` : ''}`), ...loaded.warnings.map(said)].map((words) => (
        <p key={words} class="small second">
          {words}
        </p>
      ))}
      <RowProblems title={t('org.refusedRows')} list={t('org.refusedList')} rows={loaded.rejected} all={loaded.rejected_rows} />
      <RowProblems title={t('intake.flagged')} list={t('intake.flaggedList')} rows={loaded.flagged} all={loaded.flagged_rows} />
      <Bars title={t('intake.byItem')} head={[t('dispatch.item'), n]} bars={bars(items, (key) => itemWords({ item: key, item_code: key }))} />
      <Bars title={t('intake.byArea')} head={[t('dispatch.area'), n]} bars={bars(areas, (key) => (key === '–' ? t('dispatch.notLocated') : key))} />
      <MonthBars months={Object.entries(months).map(([key, count]) => ({ key, n: count }))} />
    </div>
  )
}

const fresh = (): Reading => ({ crs: 'wgs84', timezone: Intl.DateTimeFormat().resolvedOptions().timeZone, columns: {}, items: {}, skip: false, turn: false })

/** The columns that a refusal names: those of the file, where a field has none. */
const headerOf = (failure: unknown): string[] => (failure instanceof Problem ? ((failure.body as { columns?: string[] }).columns ?? []) : [])

/** Reports that others collected: a file is checked first, its columns and words are matched, then it goes in as one job. */
export function ImportFile(): JSX.Element {
  const file = useSignal<File | null>(null)
  const reading = useSignal<Reading>(fresh())
  const found = useSignal<{ loaded: Loaded; dry: boolean } | null>(null)
  const failure = useSignal<unknown>(null)
  const busy = useSignal(false)
  const { crs, timezone, skip, turn } = reading.value
  const set = (part: Partial<Reading>): void => void (reading.value = { ...reading.peek(), ...part })
  const send = async (dry: boolean): Promise<void> => {
    const chosen = file.peek()
    if (!chosen || busy.peek()) return
    busy.value = true
    failure.value = null
    try {
      found.value = { loaded: await sendFile(chosen, reading.peek(), dry), dry }
      if (!dry) await reload()
    } catch (cause) {
      failure.value = cause
      if (dry) found.value = null
    } finally {
      busy.value = false
    }
  }
  const checked = found.value?.dry ? found.value.loaded : null
  const header = checked?.header ?? headerOf(failure.value)
  const barred = !file.value || busy.value
  const why = !checked ? t('intake.checkFirst') : checked.rejected_rows > 0 && !skip && !turn ? t('intake.refusedFirst') : ''
  return (
    <PanelFrame title={t('intake.file')}>
      <FileField
        id="import-file"
        label={t('org.file')}
        accept=".csv,.gz,.xlsx,.xls,.txt"
        hint={t('intake.fileHint')}
        onFiles={([first]) => {
          file.value = first ?? null
          found.value = null
          failure.value = null
          set({ columns: {}, items: {}, skip: false, turn: false })
        }}
      />
      <div class="row fields">
        <SelectField
          id="import-crs"
          label={t('intake.crs')}
          value={(SYSTEMS as readonly string[]).includes(crs) ? crs : OTHER}
          options={[...SYSTEMS.map((one) => [one, t(`intake.crs.${one}`)] as const), [OTHER, t('intake.crs.other')]]}
          onChange={(value) => set({ crs: value === OTHER ? 'EPSG:' : value })}
        />
        <TextField id="import-zone" label={t('intake.zone')} value={timezone} maxLength={60} onInput={(value) => set({ timezone: value })} />
      </div>
      {!(SYSTEMS as readonly string[]).includes(crs) && <TextField id="import-epsg" label="EPSG" value={crs} maxLength={40} onInput={(value) => set({ crs: value })} />}
      {header.length > 0 && <Columns header={header} reading={reading} read={checked?.columns ?? {}} />}
      {checked && <Words unmatched={checked.unmatched} reading={reading} />}
      {checked && (hasSwapped(checked) || turn) && <CheckField id="import-turn" words={t('intake.turn')} on={turn} change={(on) => set({ turn: on })} />}
      {checked && checked.rejected_rows > 0 && <CheckField id="import-skip" words={t('intake.skip')} on={skip} change={(on) => set({ skip: on })} />}
      {failure.value !== null && <ErrorNote error={failure.value} />}
      <JobBar kinds={['incident-import']} />
      <div class="row wrap">
        <button type="button" class="button" aria-disabled={barred} data-tip={file.value ? undefined : t('org.fileNeeded')} onClick={() => void send(true)}>
          {t('intake.check')}
        </button>
        <button type="button" class="button primary" aria-disabled={barred || Boolean(why)} data-tip={why || undefined} onClick={() => why || void send(false)}>
          {t('intake.load')}
        </button>
      </div>
      {found.value && <Found {...found.value} />}
    </PanelFrame>
  )
}
