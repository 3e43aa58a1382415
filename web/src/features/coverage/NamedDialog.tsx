import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { t, tOr } from '../../i18n'
import { Dialog } from '../../ui/Dialog'
import { choose, places } from './desk'
import { closedLevel } from './FilterBar'

const LEAST = 10

/** Detail above the public ceiling: only of key places by name, and with a written reason. */
export function NamedDialog(): JSX.Element | null {
  const level = closedLevel.value
  const [reason, setReason] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  if (!level) return null
  const all = places.data.value?.places ?? []
  const why = chosen.size === 0 ? t('cov.namedPlaces') : reason.trim().length < LEAST ? t('cov.namedReasonHint') : ''
  const run = async (): Promise<void> => {
    if (why) return
    closedLevel.value = null
    await choose({ level, named: [...chosen], reason: reason.trim() })
  }
  const toggle = (id: string): void => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    setChosen(next)
  }
  return (
    <Dialog
      title={`${t('cov.named')}: ${tOr(`cov.level.${level}`, level)}`}
      hint={t('cov.namedHint')}
      onClose={() => (closedLevel.value = null)}
      footer={
        <button type="button" class="button primary" aria-disabled={why !== ''} title={why} onClick={() => void run()}>
          {t('cov.namedRun')}
        </button>
      }
    >
      <div class="stack">
        <div class="field">
          <label for="named-reason">{t('cov.namedReason')}</label>
          <textarea id="named-reason" class="input" data-autofocus value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
          <span class="hint">{t('cov.namedReasonHint')}</span>
        </div>
        <fieldset>
          <legend class="small strong">{t('cov.namedPlaces')}</legend>
          <div class="named-list">
            {all.map((one) => (
              <label key={one.id} class="row">
                <input type="checkbox" checked={chosen.has(one.id)} onChange={() => toggle(one.id)} />
                <span class="grow ellipsis">{one.name || tOr(`place.${one.kind}`, one.kind)}</span>
                <span class="small muted">{tOr(`place.${one.kind}`, one.kind)}</span>
              </label>
            ))}
          </div>
        </fieldset>
      </div>
    </Dialog>
  )
}
