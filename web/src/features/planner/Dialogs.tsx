import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Grid } from '../../api/types'
import { t } from '../../i18n'
import { gridNumber, number, signed } from '../../i18n/format'
import { Dialog } from '../../ui/Dialog'
import { FormDialog, TextField } from '../../ui/fields'
import { ErrorNote, sentence } from '../../ui/states'
import { toast } from '../../ui/toast'
import { change, conflict, useMine, useTheirs } from './edits'
import { ProposeDialog, proposing } from './ProposeDialog'

export { proposing }

export const renaming = signal<Grid | null>(null)

function RenameDialog({ grid }: { grid: Grid }): JSX.Element {
  const [name, setName] = useState(grid.name ?? '')
  const [failure, setFailure] = useState<unknown>(null)
  const close = (): void => void (renaming.value = null)
  const save = async (): Promise<void> => {
    if (!name.trim()) return
    try {
      const kept = await change(grid, { name: name.trim() })
      close()
      if (kept) toast(t('planner.renamed', { n: gridNumber(grid.code), name: name.trim() }))
    } catch (cause) {
      setFailure(cause)
    }
  }
  return (
    <FormDialog
      title={t('planner.renameTitle', { n: gridNumber(grid.code) })}
      width={420}
      form="rename-form"
      submit={t('common.save')}
      barred={!name.trim()}
      onSubmit={() => void save()}
      onClose={close}
    >
      <TextField id="rename-name" label={t('grid.name')} autofocus maxLength={80} value={name} onInput={setName} />
      {failure !== null && <ErrorNote error={failure} />}
    </FormDialog>
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

/** The dialogs of the planner desk; each is open while its signal says so. */
export function PlannerDialogs(): JSX.Element {
  return (
    <>
      {proposing.value && <ProposeDialog />}
      {renaming.value && <RenameDialog grid={renaming.value} />}
      <ConflictDialog />
    </>
  )
}
