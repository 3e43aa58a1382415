import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ask } from '../../api/client'
import type { CaseFull, Duplicate } from '../../api/types'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { ErrorNote } from '../../ui/states'
import { roles } from './desk'
import { actOnMany } from './sending'
import { shortNo } from './words'

const MOST = 100

/** In a storm: everything that may be the same becomes a repeat of this case, after a look at how many they are. */
export function LinkAll({ of }: { of: CaseFull }): JSX.Element | null {
  const [found, setFound] = useState<Duplicate[] | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const { no } = of.incident
  if (of.proposed.length < 2 || !roles.value.some((role) => role === 'dispatcher' || role === 'intake_officer')) return null
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
