import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Problem } from '../../../api/client'
import { Stopped } from '../../../api/jobs'
import { t, tOr, type Key } from '../../../i18n'
import { number } from '../../../i18n/format'
import { FileField, FormDialog, SelectField, TextField } from '../../../ui/fields'
import { Icon } from '../../../ui/Icon'
import { ErrorNote, sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { makeNet, netting } from './nets'
import { badNetTarget, NET_KINDS, NET_TARGETS, type NetKind, type NetWish } from './wish'

const SYSTEMS = ['wgs84', 'cgcs2000', 'gcj02', 'bd09']

interface Refused {
  line: number
  column: string
  reason: string
  remedy: string
}

/** The button that opens the dialog, and the dialog while it is open. */
export function NetsButton(): JSX.Element {
  return (
    <>
      <button type="button" class="button edit-only" onClick={() => (netting.value = true)}>
        <Icon name="layers" />
        {t('nets.open')}
      </button>
      {netting.value && <NetsDialog />}
    </>
  )
}

function Refusals({ error }: { error: unknown }): JSX.Element {
  const body = error instanceof Problem ? (error.body as { rejected?: Refused[]; counted?: string }) : undefined
  const rows = body?.rejected
  if (!rows?.length) return <ErrorNote error={error} />
  return (
    <div class="note late" role="alert">
      <p class="strong">{t('nets.rejected', { n: number(rows.length) })}</p>
      <ul class="stack small">
        {rows.slice(0, 20).map((row) => (
          <li key={`${row.line} ${row.column}`}>{t(body?.counted === 'feature' ? 'nets.feature' : 'nets.row', { line: row.line, column: row.column, reason: row.reason, remedy: row.remedy })}</li>
        ))}
      </ul>
    </div>
  )
}

function NetsDialog(): JSX.Element {
  const [wish, setWish] = useState<NetWish>({ kind: 'police', target: NET_TARGETS.police, files: [], crs: '', code: '', name: '' })
  const [failure, setFailure] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const dedicated = wish.kind === 'dedicated'
  const bad = badNetTarget(wish)
  const set = (part: Partial<NetWish>): void => setWish((now) => ({ ...now, ...part }))
  const start = async (): Promise<void> => {
    if (bad || busy) return
    setBusy(true)
    setFailure(null)
    try {
      await makeNet(wish)
    } catch (cause) {
      if (netting.value) setFailure(cause)
      else toast(cause instanceof Stopped ? sentence(cause) : t('job.failed', { why: sentence(cause) }))
    } finally {
      setBusy(false)
    }
  }
  const text = (name: 'target' | 'code' | 'name', words: Key, error: string | null, hint?: string): JSX.Element => (
    <TextField id={`net-${name}`} label={t(words)} error={error} hint={hint} inputMode={name === 'target' ? 'numeric' : 'text'} value={wish[name]} onInput={(value) => set({ [name]: value })} />
  )
  return (
    <FormDialog
      title={t('nets.title')}
      hint={t('nets.hint')}
      form="nets-form"
      submit={t('planner.start')}
      barred={bad || busy}
      onSubmit={() => void start()}
      onClose={() => (netting.value = false)}
    >
      <div class="row fields">
        <SelectField
          id="net-kind"
          label={t('planner.kind')}
          autofocus
          value={wish.kind}
          options={NET_KINDS.map((kind) => [kind, tOr(`planKind.${kind}`, kind)])}
          onChange={(kind) => set({ kind: kind as NetKind, target: NET_TARGETS[kind as NetKind] })}
        />
        {text('target', dedicated ? 'nets.targetDedicated' : 'nets.target', bad ? t('nets.targetError') : null)}
      </div>
      <FileField
        id="net-files"
        label={t('nets.file')}
        hint={t(dedicated ? 'nets.fileFloors' : 'nets.fileNet')}
        multiple
        accept={dedicated ? '.csv,.xlsx' : '.geojson,.json,.gpkg,.shp,.shx,.dbf,.prj,.cpg'}
        onFiles={(files) => set({ files })}
      />
      {wish.files.length > 0 && (
        <div class="row fields">
          <SelectField id="net-crs" label={t('nets.crs')} value={wish.crs} options={[['', t('nets.crsOfFile')], ...SYSTEMS.map((system) => [system, system] as const)]} onChange={(crs) => set({ crs })} />
          {!dedicated && text('code', 'nets.code', null, t('nets.columnHint'))}
          {!dedicated && text('name', 'nets.name', null)}
        </div>
      )}
      {failure !== null && <Refusals error={failure} />}
    </FormDialog>
  )
}
