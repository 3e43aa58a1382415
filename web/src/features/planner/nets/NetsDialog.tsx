import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Problem } from '../../../api/client'
import { t, tOr, type Key } from '../../../i18n'
import { number } from '../../../i18n/format'
import { Dialog } from '../../../ui/Dialog'
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
  const rows = error instanceof Problem ? (error.body as { rejected?: Refused[] }).rejected : undefined
  if (!rows?.length) return <ErrorNote error={error} />
  return (
    <div class="note late" role="alert">
      <p class="strong">{t('nets.rejected', { n: number(rows.length) })}</p>
      <ul class="stack small">
        {rows.slice(0, 20).map((row) => (
          <li key={`${row.line} ${row.column}`}>{t('nets.row', { line: row.line, column: row.column, reason: row.reason, remedy: row.remedy })}</li>
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
  const close = (): void => void (netting.value = false)
  const start = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (bad || busy) return
    setBusy(true)
    setFailure(null)
    try {
      await makeNet(wish)
    } catch (cause) {
      if (netting.value) setFailure(cause)
      else toast(t('job.failed', { why: sentence(cause) }))
    } finally {
      setBusy(false)
    }
  }
  const text = (name: 'target' | 'code' | 'name', words: Key, error: string | null, hint?: string): JSX.Element => (
    <div class="field grow">
      <label for={`net-${name}`}>{t(words)}</label>
      <input
        id={`net-${name}`}
        class="input"
        value={wish[name]}
        aria-invalid={error !== null}
        aria-describedby={error ? `net-${name}-error` : undefined}
        onInput={(event) => setWish({ ...wish, [name]: event.currentTarget.value })}
      />
      {error && (
        <span id={`net-${name}-error`} class="error">
          {error}
        </span>
      )}
      {hint && !error && <span class="hint">{hint}</span>}
    </div>
  )
  const footer = (
    <>
      <button type="submit" form="nets-form" class="button primary" aria-disabled={bad || busy}>
        {t('planner.start')}
      </button>
      <button type="button" class="button" onClick={close}>
        {t('common.cancel')}
      </button>
    </>
  )
  return (
    <Dialog title={t('nets.title')} hint={t('nets.hint')} onClose={close} footer={footer}>
      <form id="nets-form" class="stack" onSubmit={(event) => void start(event)}>
        <div class="row fields">
          <div class="field grow">
            <label for="net-kind">{t('planner.kind')}</label>
            <select
              id="net-kind"
              class="input"
              data-autofocus
              value={wish.kind}
              onChange={(event) => {
                const kind = event.currentTarget.value as NetKind
                setWish({ ...wish, kind, target: NET_TARGETS[kind] })
              }}
            >
              {NET_KINDS.map((kind) => (
                <option key={kind} value={kind}>
                  {tOr(`planKind.${kind}`, kind)}
                </option>
              ))}
            </select>
          </div>
          {text('target', dedicated ? 'nets.targetDedicated' : 'nets.target', bad ? t('nets.targetError') : null)}
        </div>
        <div class="field">
          <label for="net-files">{t('nets.file')}</label>
          <input
            id="net-files"
            class="input"
            type="file"
            multiple
            accept={dedicated ? '.csv,.xlsx' : '.geojson,.json,.gpkg,.shp,.shx,.dbf,.prj,.cpg'}
            onChange={(event) => setWish({ ...wish, files: [...(event.currentTarget.files ?? [])] })}
          />
          <span class="hint">{t(dedicated ? 'nets.fileFloors' : 'nets.fileNet')}</span>
        </div>
        {wish.files.length > 0 && (
          <div class="row fields">
            <div class="field grow">
              <label for="net-crs">{t('nets.crs')}</label>
              <select id="net-crs" class="input" value={wish.crs} onChange={(event) => setWish({ ...wish, crs: event.currentTarget.value })}>
                <option value="">{t('nets.crsOfFile')}</option>
                {SYSTEMS.map((system) => (
                  <option key={system} value={system}>
                    {system}
                  </option>
                ))}
              </select>
            </div>
            {!dedicated && text('code', 'nets.code', null, t('nets.columnHint'))}
            {!dedicated && text('name', 'nets.name', null)}
          </div>
        )}
        {failure !== null && <Refusals error={failure} />}
      </form>
    </Dialog>
  )
}
