import type { JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { ask } from '../../api/client'
import type { CaseFull, Duplicate } from '../../api/types'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { TextField } from '../../ui/fields'
import { catchFocus } from '../../ui/focus'
import { ErrorNote } from '../../ui/states'
import { openCase, roles } from './desk'
import { actOnMany } from './sending'
import { shortNo } from './words'

const MOST = 100

/** Runs one thing at a time; what is in the way is shown. */
function useTrying(): { busy: boolean; failure: unknown; trying: (what: () => Promise<void>) => Promise<void> } {
  const [failure, setFailure] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const trying = async (what: () => Promise<void>): Promise<void> => {
    if (busy) return
    setBusy(true)
    setFailure(null)
    try {
      await what()
    } catch (cause) {
      setFailure(cause)
    } finally {
      setBusy(false)
    }
  }
  return { busy, failure, trying }
}

/** Takes a storm of links back: what is linked to this case stands for itself again, at most as many as are linked at once. */
export function UnlinkAll({ of }: { of: CaseFull }): JSX.Element | null {
  const [reason, setReason] = useState<string | null>(null)
  const { busy, failure, trying } = useTrying()
  const rows = of.duplicates.slice(0, MOST)
  const form = useRef<HTMLFormElement>(null)
  useLayoutEffect(() => form.current?.querySelector('input')?.focus(), [reason === null])
  const done = (): void => {
    setReason(null)
    catchFocus('.incident-card .panel-foot')
  }
  if (rows.length < 2 || !roles.value.some((role) => role === 'intake_officer' || role === 'shift_leader')) return null
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (!reason?.trim()) return
    void trying(async () => {
      await actOnMany(rows, 'unlink_duplicate', { reason: reason.trim() })
      await openCase(of.incident.no)
      done()
    })
  }
  return (
    <div class="stack link-all">
      {reason === null ? (
        <button type="button" class="button" onClick={() => setReason('')}>
          {t('dispatch.unlinkAll', { n: number(rows.length) })}
        </button>
      ) : (
        <form class="stack" ref={form} noValidate aria-label={t('dispatch.unlinkAll', { n: number(rows.length) })} onSubmit={submit} onKeyDown={(event) => event.key === 'Escape' && (event.stopPropagation(), done())}>
          <TextField id="unlink-reason" label={t('dispatch.form.reason')} maxLength={500} value={reason} onInput={setReason} />
          <div class="row">
            <button type="submit" class="button primary" aria-disabled={busy || !reason.trim()}>
              {t('dispatch.unlinkAllDo', { n: number(rows.length) })}
            </button>
            <button type="button" class="button" onClick={done}>
              {t('common.cancel')}
            </button>
          </div>
        </form>
      )}
      {failure !== null && <ErrorNote error={failure} />}
    </div>
  )
}

/** In a storm: everything that may be the same becomes a repeat of this case, after a look at how many they are. */
export function LinkAll({ of }: { of: CaseFull }): JSX.Element | null {
  const [found, setFound] = useState<Duplicate[] | null>(null)
  const { busy, failure, trying } = useTrying()
  const { no } = of.incident
  if (of.proposed.length < 2 || !roles.value.some((role) => role === 'dispatcher' || role === 'intake_officer')) return null
  const look = (): Promise<void> =>
    trying(async () => setFound((await ask<{ duplicates: Duplicate[] }>(`/api/v1/incidents/${encodeURIComponent(no)}/duplicates?limit=${MOST}`)).duplicates))
  const link = (rows: Duplicate[]): Promise<void> =>
    trying(async () => {
      await actOnMany(rows, 'link_duplicate', { master: no })
      setFound(null)
    })
  return (
    <div class="stack link-all">
      {found === null ? (
        <button type="button" class="button" aria-disabled={busy} onClick={() => void look()}>
          {t('dispatch.linkAll', { n: of.proposed.length < 5 ? number(of.proposed.length) : `${number(of.proposed.length)}+` })}
        </button>
      ) : (
        <div class="note warn" role="group" aria-label={t('dispatch.link')}>
          <div class="stack grow">
            <p>{t('dispatch.linkAllAsk', { n: number(found.length), no: shortNo(no) })}</p>
            <div class="row">
              <button type="button" class="button primary" aria-disabled={busy || found.length === 0} onClick={() => void (found.length > 0 && link(found))}>
                {t('dispatch.linkAllDo', { n: number(found.length) })}
              </button>
              <button type="button" class="button" onClick={() => setFound(null)}>
                {t('common.cancel')}
              </button>
            </div>
          </div>
        </div>
      )}
      {failure !== null && <ErrorNote error={failure} />}
    </div>
  )
}
