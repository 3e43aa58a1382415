import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { Problem } from '../../api/client'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { RowProblems } from '../../ui/RowProblems'
import { CheckField, FileField, SelectField } from '../../ui/fields'
import { JobBar } from '../../ui/JobBar'
import { sendTable, type Loaded, type Refused } from './changes'
import { DoingForm } from './Doing'
import { mayStaff } from './organisation'

const TABLES = ['units', 'staff', 'assignments', 'shifts', 'post-counts', 'catalogue', 'lead-units', 'area-classes'] as const
const SYSTEMS = ['wgs84', 'cgcs2000', 'gcj02', 'bd09'] as const
const count = (of: Record<string, number>): string => Object.entries(of).map(([name, n]) => `${name} ${number(n)}`).join(' · ')

/** Whole tables at once: a file goes in whole or not at all, and each refused row says why. */
export function Import(): JSX.Element {
  const what = useSignal<string>('units')
  const file = useSignal<File | null>(null)
  const dry = useSignal(true)
  const skip = useSignal(false)
  const crs = useSignal<string>('wgs84')
  const done = useSignal<{ loaded: Loaded; dry: boolean } | null>(null)
  const refused = useSignal<Refused[]>([])
  const send = async (): Promise<void> => {
    const chosen = file.peek()
    if (!chosen) return
    done.value = null
    refused.value = []
    try {
      const loaded = await sendTable(what.peek(), chosen, { dry_run: dry.peek(), skip_rejected: skip.peek(), ...(what.peek() === 'staff' && { crs: crs.peek() }) })
      done.value = { loaded, dry: dry.peek() }
      refused.value = loaded.rejected
    } catch (cause) {
      const rows = cause instanceof Problem ? (cause.body as { rejected?: Refused[] }).rejected : undefined
      refused.value = rows ?? []
      throw cause
    }
  }
  const why = !mayStaff.value ? t('org.planner') : file.value ? '' : t('org.fileNeeded')
  return (
    <div id="table" class="org-scroll" tabIndex={0} role="region" aria-label={t('org.import')}>
      <DoingForm label={t('org.import')} submit={t(dry.value ? 'org.tryOut' : 'org.load')} why={why} first onSubmit={send}>
        <SelectField id="import-what" label={t('org.importWhat')} value={what.value} options={TABLES.map((table) => [table, t(`org.table.${table}`)])} onChange={(table) => (what.value = table)} />
        <p class="small second">{t(`org.columns.${what.value as (typeof TABLES)[number]}`)}</p>
        <FileField id="import-file" label={t('org.file')} accept=".csv,.gz,.xlsx,.xls,.txt,.json" onFiles={(files) => (file.value = files[0] ?? null)} />
        {what.value === 'staff' && (
          <SelectField id="import-crs" label={t('org.importCrs')} value={crs.value} options={SYSTEMS.map((one) => [one, t(`intake.crs.${one}`)])} onChange={(one) => (crs.value = one)} />
        )}
        <CheckField id="import-dry" words={t('org.dryRun')} on={dry.value} change={(on) => (dry.value = on)} />
        <CheckField id="import-skip" words={t('org.skipRejected')} on={skip.value} change={(on) => (skip.value = on)} />
      </DoingForm>
      <JobBar />
      {done.value && (
        <p class="pad" role="status">
          {t(done.value.dry ? 'org.wouldLoad' : 'org.loaded')} {count(done.value.loaded.counts)}
        </p>
      )}
      {refused.value.length > 0 && (
        <div class="pad">
          <RowProblems title={t('org.refusedRows')} list={t('org.refusedList')} rows={refused.value} />
        </div>
      )}
    </div>
  )
}
