import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ask, call, Problem } from '../../api/client'
import type { DeskAnswer, Incident } from '../../api/types'
import { t, type Key } from '../../i18n'
import { FormDialog, SelectField, TextField } from '../../ui/fields'
import { ErrorNote } from '../../ui/states'
import { toast } from '../../ui/toast'
import { nameOf } from '../phone/catalogue'
import { reload } from './desk'
import { ItemBox } from './ItemBox'
import { SEVERITIES } from './ReportForm'
import { itemWords } from './words'

export const pathOfCase = (no: string): string => `/api/v1/incidents/${encodeURIComponent(no)}`

interface Draft {
  item: string
  item_code: string | null
  description: string
  severity: string
}

/** What the server is told: only what was changed, so that nothing of somebody else's is put back. Pure. */
export function correction(before: Draft, after: Draft): Record<string, string> {
  const body: Record<string, string> = {}
  if (after.item.trim() !== before.item) body.item = after.item.trim()
  if (after.item_code !== before.item_code) body.item_code = after.item_code ?? ''
  if (after.description.trim() !== before.description) body.description = after.description.trim()
  if (after.severity !== before.severity) body.severity = after.severity
  return body
}

const draftOf = ({ item, item_code, description, severity }: Incident): Draft => ({ item, item_code, description, severity })

/** Item, severity and words of a report, put right; what somebody else changed meanwhile is shown, not overwritten. */
export function EditReport({ one, onClose }: { one: Incident; onClose: () => void }): JSX.Element {
  const [before, setBefore] = useState(one)
  const [draft, setDraft] = useState<Draft>(draftOf(one))
  const [words, setWords] = useState(itemWords(one))
  const [failure, setFailure] = useState<unknown>(null)
  const set = (part: Partial<Draft>): void => setDraft((now) => ({ ...now, ...part }))
  const bad = !words.trim()
  // what this hand did not touch follows the present version
  const takeTheirs = (theirs: Incident): void => {
    const mine = correction(draftOf(before), draft)
    setBefore(theirs)
    setDraft({ ...draftOf(theirs), ...mine, item_code: 'item_code' in mine ? draft.item_code : theirs.item_code })
    if (!('item' in mine) && !('item_code' in mine)) setWords(itemWords(theirs))
  }
  const save = async (): Promise<void> => {
    if (bad) return
    try {
      const body = correction(draftOf(before), draft)
      if (Object.keys(body).length) await call(pathOfCase(one.no), { method: 'PATCH', body, headers: { 'If-Match': `"${before.revision}"` } })
      onClose()
      toast(t('dispatch.edited', { no: one.no }))
    } catch (cause) {
      setFailure(cause)
      if (!(cause instanceof Problem) || cause.status !== 412) return
      const theirs = await ask<DeskAnswer['case']>(pathOfCase(one.no)).catch(() => null)
      if (theirs) takeTheirs(theirs.incident)
    }
    await reload()
  }
  const changedByOthers = failure instanceof Problem && failure.status === 412
  return (
    <FormDialog title={t('dispatch.editTitle', { no: one.no })} form="edit-report" submit={t('dispatch.save')} barred={bad} onSubmit={() => void save()} onClose={onClose}>
      <ItemBox
        id="edit-item"
        item={words}
        code={draft.item_code}
        bad={bad}
        onText={(text) => {
          setWords(text)
          set({ item: text, item_code: null })
        }}
        onPick={(picked) => {
          setWords(nameOf(picked))
          set({ item: nameOf(picked), item_code: picked.code })
        }}
      />
      <SelectField id="edit-severity" label={t('dispatch.severity')} value={draft.severity} options={SEVERITIES.map((name) => [name, t(`severity.${name}` as Key)] as const)} onChange={(severity) => set({ severity })} />
      <TextField id="edit-description" label={t('dispatch.description')} rows={3} maxLength={2000} value={draft.description} onInput={(description) => set({ description })} />
      {failure !== null && <ErrorNote error={failure} />}
      {changedByOthers && (
        <div class="note info" role="status">
          <span>
            <span class="strong block">{t('case.nowSays')}</span>
            {[itemWords(before), t(`severity.${before.severity}` as Key), before.description].filter(Boolean).join(' · ')}
          </span>
        </div>
      )}
    </FormDialog>
  )
}
