import type { JSX } from 'preact'
import { signal } from '@preact/signals'
import { useState } from 'preact/hooks'
import { placeOf, Problem } from '../../api/client'
import { t, tOr } from '../../i18n'
import { code, number } from '../../i18n/format'
import { listMode, store } from '../../map/store'
import { CheckField, FileField, SelectField, TextField } from '../../ui/fields'
import { Icon } from '../../ui/Icon'
import { ErrorNote } from '../../ui/states'
import { toast } from '../../ui/toast'
import { ActionForm } from './ActionForm'
import { areasAfter, TAKES, type Doing } from './actions'
import { areas, changes, draw, upload, type Made } from './areas'
import { actions, chosen, closeForm, decision, doing, fault, flip, kind, kindNow, kinds, listed, redrawn, told } from './compose'
import { actionWords, kindName, warningWords } from './words'

const way = signal<'actions' | 'file'>('actions')
const ICONS: Record<Doing, string> = { merge: 'merge', split: 'split', transfer: 'border', rename: 'edit', renumber: 'list' }

/** Counts of what would change, in words. */
function Told({ of }: { of: Made }): JSX.Element {
  const kindsTold = Object.entries(of.counts).filter(([name]) => !['areas_ended', 'areas_new'].includes(name))
  return (
    <div class="note ok" role="status">
      <Icon name="check" />
      <div>
        <p>{t('areas.would', { ended: number(of.counts.areas_ended), begin: number(of.counts.areas_new) })}</p>
        <p class="small">{kindsTold.map(([name, n]) => `${tOr(`life.lineage.${name}`, name)} ${number(n)}`).join(' · ')}</p>
        {of.warnings.map((words) => (
          <p key={words} class="small">
            {warningWords(words)}
          </p>
        ))}
      </div>
    </div>
  )
}

function Decided(): JSX.Element {
  const now = decision.value
  const set = (part: Partial<typeof now>): void => void (decision.value = { ...decision.value, ...part })
  if (redrawn.value) return <p class="small second">{t('areas.redrawing', { name: redrawn.value.name })}</p>
  return (
    <>
      <TextField id="area-set-name" label={t('areas.name')} hint={t('areas.nameHint')} maxLength={200} value={now.name} onInput={(name) => set({ name })} />
      <div class="row fields">
        <div class="field">
          <label for="area-set-day">{t('areas.firstDay')}</label>
          <input id="area-set-day" type="date" class="input" value={now.day} onInput={(event) => set({ day: event.currentTarget.value })} />
        </div>
        <TextField id="area-set-basis" label={t('areas.basis')} maxLength={500} value={now.basis} onInput={(basis) => set({ basis })} />
      </div>
    </>
  )
}

function AreaPicker(): JSX.Element {
  const [word, setWord] = useState('')
  const wanted = word.trim().toLowerCase()
  const all = listed.value
  const shown = all.filter((one) => !wanted || one.name.toLowerCase().includes(wanted) || one.code.includes(wanted))
  return (
    <fieldset class="area-picker">
      <legend class="small strong">{t('areas.choose')}</legend>
      <div class="row fields">
        {kinds.value.length > 1 && (
          <SelectField
            id="area-kind"
            label={t('areas.kindOf')}
            value={kindNow.value}
            options={kinds.value.map((one) => [one, kindName(one)] as const)}
            onChange={(next) => {
              kind.value = next
              chosen.value = []
            }}
          />
        )}
        <TextField id="area-find" label={t('areas.find')} value={word} onInput={setWord} />
      </div>
      <ul class="area-list" aria-label={t('areas.choose')}>
        {shown.slice(0, 500).map((one) => (
          <li key={one.code}>
            <label class="row small">
              <input type="checkbox" checked={chosen.value.includes(one.code)} onChange={() => flip(one.code)} />
              <span class="grow ellipsis">{one.name}</span>
              <span class="muted num">{code(one.code)}</span>
            </label>
          </li>
        ))}
      </ul>
      <p class="small muted" role="status">
        {t('areas.chosen', { n: number(chosen.value.length), all: number(all.length) })}
        {!listMode.value && ` ${t('areas.chooseOnMap')}`}
      </p>
    </fieldset>
  )
}

function Buttons(): JSX.Element {
  const count = chosen.value.length
  return (
    <div class="row wrap" role="group" aria-label={t('areas.doing')}>
      {(Object.keys(TAKES) as Doing[]).map((one) => {
        const [least, most] = TAKES[one]
        const barred = count < least || count > most
        const why = barred ? t(least === most ? (least === 1 ? 'areas.takeOne' : 'areas.takeTwo') : 'areas.takeMore') : ''
        return (
          <button key={one} type="button" class="button" aria-disabled={barred} data-tip={why || undefined} onClick={() => !barred && (doing.value = one)}>
            <Icon name={ICONS[one]} />
            {t(`areas.do.${one}`)}
          </button>
        )
      })}
    </div>
  )
}

function Done(): JSX.Element | null {
  const all = actions.value
  if (all.length === 0) return null
  const present = areas.data.value ?? []
  const undo = (): void => {
    actions.value = all.slice(0, -1)
    chosen.value = []
    told.value = null
  }
  return (
    <section aria-labelledby="area-actions">
      <h3 id="area-actions" class="small strong">
        {t('areas.actions')}
      </h3>
      <ol class="area-actions small">
        {all.map((one, k) => (
          <li key={k}>{actionWords(one, areasAfter(present, all.slice(0, k)))}</li>
        ))}
      </ol>
      <button type="button" class="button" onClick={undo}>
        <Icon name="undo" />
        {t('areas.takeBack')}
      </button>
    </section>
  )
}

function ByActions(): JSX.Element {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const why = actions.value.length === 0 ? t('areas.noActions') : !redrawn.value && !decision.value.name.trim() ? t('areas.noName') : ''
  const keep = async (): Promise<void> => {
    if (why || busy) return
    setBusy(true)
    setFailure(null)
    try {
      await kept(await draw(decision.value, actions.value, false, redrawn.value))
    } catch (cause) {
      setFailure(cause)
      fault.value = placeOf(cause)
    }
    setBusy(false)
  }
  return (
    <>
      {doing.value ? <ActionForm key={doing.value} doing={doing.value} /> : <><AreaPicker /><Buttons /></>}
      <Done />
      {told.value && !doing.value && <Told of={told.value} />}
      {failure !== null && <ErrorNote error={failure} />}
      {!doing.value && <Foot why={why} busy={busy} keep={() => void keep()} />}
    </>
  )
}

/** Goes to the draft that was kept. */
async function kept(made: Made): Promise<void> {
  const name = redrawn.value?.name ?? decision.value.name
  await changes.load()
  store.part.value = made.id
  toast(t('areas.kept', { name }))
}

function Foot(props: { why: string; busy: boolean; keep: () => void; check?: (() => void) | undefined }): JSX.Element {
  return (
    <div class="row wrap">
      <button type="button" class="button primary" aria-disabled={props.why !== '' || props.busy} data-tip={props.why || undefined} onClick={props.keep}>
        {t('areas.keep')}
      </button>
      {props.check && (
        <button type="button" class="button" aria-disabled={props.busy} onClick={props.check}>
          {t('areas.dryRun')}
        </button>
      )}
      <button type="button" class="button" onClick={() => (store.part.value = redrawn.value?.id ?? null)}>
        {t('common.cancel')}
      </button>
      {props.why && <span class="small muted">{props.why}</span>}
    </div>
  )
}

const DATUMS = ['wgs84', 'cgcs2000', 'gcj02', 'bd09'] as const

/** The kinds that must end, too, where the server says that areas would remain. */
function kindsNeeded(failure: unknown): readonly string[] | null {
  const kinds = failure instanceof Problem && failure.code === 'areas-remain' ? failure.body.replaces : null
  return Array.isArray(kinds) ? (kinds as string[]) : null
}

/** Which kinds of present areas the new ones take the place of. */
function Replaced(props: { kinds: readonly string[]; change: (kinds: readonly string[]) => void }): JSX.Element {
  const known = [...new Set([...kinds.value, ...props.kinds])]
  return (
    <fieldset class="area-picker">
      <legend class="small strong">{t('areas.replaces')}</legend>
      <div class="row wrap">
        {known.map((one) => (
          <CheckField
            key={one}
            words={kindName(one)}
            on={props.kinds.includes(one)}
            change={(on) => props.change(on ? [...props.kinds, one] : props.kinds.filter((kind) => kind !== one))}
          />
        ))}
      </div>
      <p class="small muted">{t('areas.replacesHint')}</p>
    </fieldset>
  )
}

function ByFile(): JSX.Element {
  const [file, setFile] = useState<File | null>(null)
  const [crs, setCrs] = useState('')
  const [replaces, setReplaces] = useState<readonly string[]>(() => redrawn.peek()?.replaces?.split(',') ?? [])
  const [busy, setBusy] = useState(false)
  const [found, setFound] = useState<Made | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const needed = kindsNeeded(failure)
  const why = !file ? t('areas.noFile') : !redrawn.value && !decision.value.name.trim() ? t('areas.noName') : ''
  const send = async (dryRun: boolean, ending = replaces): Promise<void> => {
    if (!file || busy || (!dryRun && why)) return
    setBusy(true)
    setFailure(null)
    setFound(null)
    try {
      const made = await upload(decision.value, { file, crs, replaces: ending }, dryRun, redrawn.value)
      if (dryRun) setFound(made)
      else await kept(made)
    } catch (cause) {
      setFailure(cause)
      fault.value = placeOf(cause)
      if (fault.value) store.goTo.value = { at: fault.value }
    }
    setBusy(false)
  }
  return (
    <>
      <FileField id="area-file" label={t('areas.file')} hint={t('areas.fileHint')} accept=".gpkg,.geojson,.json,.zip" onFiles={([one]) => setFile(one ?? null)} />
      <div class="row fields">
        <SelectField id="area-crs" label={t('areas.crs')} value={crs} options={[['', t('areas.crsOwn')], ...DATUMS.map((one) => [one, one.toUpperCase()] as const)]} onChange={setCrs} />
      </div>
      <Replaced kinds={replaces} change={setReplaces} />
      {found && <Told of={found} />}
      {failure !== null && <ErrorNote error={failure} />}
      {needed && (
        <button
          type="button"
          class="button"
          aria-disabled={busy}
          onClick={() => {
            setReplaces(needed)
            void send(true, needed)
          }}
        >
          {t('areas.replaceToo', { kinds: needed.map(kindName).join(' + ') })}
        </button>
      )}
      <Foot why={why} busy={busy} keep={() => void send(false)} check={() => void send(true)} />
    </>
  )
}

/** Makes a change set: by actions on the present areas, or of a file of boundaries. */
export function Compose(): JSX.Element {
  return (
    <>
      <header class="change-head">
        <h2 class="card-title">{t(redrawn.value ? 'areas.redraw' : 'areas.new')}</h2>
      </header>
      <p class="note info narrow-note">{t('areas.look')}</p>
      <div class="stack area-form" id="table" tabIndex={-1}>
        <Decided />
        <div class="row" role="group" aria-label={t('areas.way')}>
          {(['actions', 'file'] as const).map((one) => (
            <button
              key={one}
              type="button"
              class="button"
              aria-pressed={way.value === one}
              onClick={() => {
                way.value = one
                closeForm()
              }}
            >
              {t(`areas.way.${one}`)}
            </button>
          ))}
        </div>
        {way.value === 'actions' ? <ByActions /> : <ByFile />}
      </div>
    </>
  )
}
