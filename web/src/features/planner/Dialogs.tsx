import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ask } from '../../api/client'
import { plan, planGrids, plans } from '../../api/data'
import type { Grid, PlanGrids } from '../../api/types'
import { t } from '../../i18n'
import { gridNumber, number, signed } from '../../i18n/format'
import { Dialog } from '../../ui/Dialog'
import { Icon } from '../../ui/Icon'
import { ErrorNote, sentence } from '../../ui/states'
import { toast } from '../../ui/toast'
import { change, conflict, useMine, useTheirs } from './edits'
import { ProposeDialog, proposing } from './ProposeDialog'

export { proposing }

export const renaming = signal<Grid | null>(null)
export const publishing = signal(false)

function RenameDialog({ grid }: { grid: Grid }): JSX.Element {
  const [name, setName] = useState(grid.name ?? '')
  const [failure, setFailure] = useState<unknown>(null)
  const close = (): void => void (renaming.value = null)
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (!name.trim()) return
    try {
      const kept = await change(grid, { name: name.trim() })
      close()
      if (kept) toast(t('planner.renamed', { n: gridNumber(grid.code), name: name.trim() }))
    } catch (cause) {
      setFailure(cause)
    }
  }
  const footer = (
    <>
      <button type="submit" form="rename-form" class="button primary" aria-disabled={!name.trim()}>
        {t('common.save')}
      </button>
      <button type="button" class="button" onClick={close}>
        {t('common.cancel')}
      </button>
    </>
  )
  return (
    <Dialog title={t('planner.renameTitle', { n: gridNumber(grid.code) })} width={420} onClose={close} footer={footer}>
      <form id="rename-form" class="field" onSubmit={(event) => void save(event)}>
        <label for="rename-name">{t('grid.name')}</label>
        <input id="rename-name" class="input" data-autofocus maxLength={80} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        {failure !== null && <ErrorNote error={failure} />}
      </form>
    </Dialog>
  )
}

function Version(props: { title: string; side: string; grid: Partial<Grid> }): JSX.Element {
  return (
    <section class="version">
      <div class="row">
        <h3 class="grow">{props.title}</h3>
        <span class="small muted">{props.side}</span>
      </div>
      <p class="version-name">{props.grid.name || '–'}</p>
      {props.grid.households !== undefined && (
        <p class="small second">
          {number(props.grid.households)} {t('unit.households')} · {signed(props.grid.deviation)} %
        </p>
      )}
    </section>
  )
}

function ConflictDialog(): JSX.Element | null {
  const open = conflict.value
  if (!open) return null
  const keys = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() === 't') useTheirs()
    if (event.key.toLowerCase() === 'm') void useMine()
  }
  const footer = (
    <>
      <button type="button" class="button primary" data-autofocus onClick={useTheirs}>
        {t('conflict.useTheirs')} <kbd>T</kbd>
      </button>
      <button type="button" class="button" onClick={() => void useMine().catch((cause: unknown) => toast(sentence(cause)))}>
        {t('conflict.useMine')} <kbd>M</kbd>
      </button>
    </>
  )
  return (
    <div onKeyDownCapture={keys}>
      <Dialog
        title={t('conflict.title', { n: gridNumber(open.before.code) })}
        hint={t('conflict.hint')}
        width={760}
        onClose={() => (conflict.value = null)}
        footer={footer}
      >
        <div class="versions">
          <Version title={t('conflict.before')} side={t('conflict.revision', { n: open.before.revision })} grid={open.before} />
          <Version title={t('conflict.theirs')} side={`${t('conflict.revision', { n: open.theirs.revision })} · ${t('conflict.saved')}`} grid={open.theirs} />
          <Version title={t('conflict.mine')} side={t('conflict.notSaved')} grid={{ ...open.before, ...open.mine }} />
        </div>
      </Dialog>
    </div>
  )
}

function CheckLine({ good, words }: { good: boolean; words: string }): JSX.Element {
  return (
    <li class={`check ${good ? 'good' : 'bad'}`}>
      <Icon name={good ? 'check' : 'alert'} />
      {words}
    </li>
  )
}

interface CheckResult {
  good: boolean
  words: string
  /** Nothing is published while this line fails; the band alone is a matter of judgement. */
  blocks: boolean
}

/** The lines that are checked before a plan comes into force. */
export function checkLines(data: PlanGrids): CheckResult[] {
  const out = data.grids.filter((grid) => Math.abs(grid.deviation ?? 0) > data.tolerance).length
  const vacant = data.grids.filter((grid) => !grid.head).length
  const quality = data.plan.quality
  return [
    { good: quality?.tiling_valid !== false, words: t('planner.checkTiling'), blocks: true },
    { good: quality?.contiguous !== false, words: t('planner.checkPiece'), blocks: true },
    { good: out === 0, words: out === 0 ? t('planner.checkInBand') : `${t('planner.checkInBand')}: ${t('planner.checkOut', { n: out })}`, blocks: false },
    { good: vacant === 0, words: vacant === 0 ? t('planner.checkHeads') : `${t('planner.checkHeads')}: ${number(vacant)} ${t('grid.vacant')}`, blocks: true },
  ]
}

function PublishDialog({ data }: { data: PlanGrids }): JSX.Element {
  const [basis, setBasis] = useState('')
  const [day, setDay] = useState('')
  const [failure, setFailure] = useState<unknown>(null)
  const close = (): void => void (publishing.value = false)
  const lines = checkLines(data)
  const open = lines.some((line) => line.blocks && !line.good)
  const why = open ? t('planner.notReady') : basis.trim() ? '' : t('planner.basisError')
  const publish = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (why) return
    try {
      const body = { basis: basis.trim(), ...(day ? { effective_on: day } : {}) }
      await ask(`/api/v1/plans/${data.plan.id}/publish`, { method: 'POST', body })
      close()
      toast(t('planner.published', { name: data.plan.name }))
      await Promise.all([plans.load(), planGrids.load()])
    } catch (cause) {
      setFailure(cause)
    }
  }
  const footer = (
    <>
      <button type="submit" form="publish-form" class="button primary" aria-disabled={why !== ''} data-tip={why || undefined}>
        {t('planner.publish')}
      </button>
      <button type="button" class="button" onClick={close}>
        {t('common.cancel')}
      </button>
      {why && <p class="small muted footnote">{why}</p>}
    </>
  )
  return (
    <Dialog title={t('planner.publishTitle', { name: data.plan.name })} hint={t('planner.publishHint')} onClose={close} footer={footer}>
      <form id="publish-form" class="stack" onSubmit={(event) => void publish(event)}>
        <ul class="stack">
          {lines.map((line) => (
            <CheckLine key={line.words} good={line.good} words={line.words} />
          ))}
        </ul>
        <div class="field">
          <label for="publish-basis">{t('planner.basis')}</label>
          <input id="publish-basis" class="input" data-autofocus value={basis} onInput={(event) => setBasis(event.currentTarget.value)} />
          <span class="hint">{t('planner.basisHint')}</span>
        </div>
        <div class="field">
          <label for="publish-day">{t('planner.effective')}</label>
          <input id="publish-day" type="date" class="input" value={day} onInput={(event) => setDay(event.currentTarget.value)} />
        </div>
        {failure !== null && <ErrorNote error={failure} />}
      </form>
    </Dialog>
  )
}

/** The dialogs of the planner desk; each is open while its signal says so. */
export function PlannerDialogs(): JSX.Element {
  const data = planGrids.data.value
  return (
    <>
      {proposing.value && <ProposeDialog />}
      {renaming.value && <RenameDialog grid={renaming.value} />}
      {publishing.value && data && plan.value && <PublishDialog data={data} />}
      <ConflictDialog />
    </>
  )
}
