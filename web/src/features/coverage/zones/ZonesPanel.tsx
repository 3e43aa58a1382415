import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { t, tOr } from '../../../i18n'
import { number } from '../../../i18n/format'
import { bboxOf } from '../../../map/geometry'
import { listMode, store } from '../../../map/store'
import { AskTwice } from '../../../ui/AskTwice'
import { Icon } from '../../../ui/Icon'
import { Empty, ErrorNote, Skeleton } from '../../../ui/states'
import type { Zone } from '../types'
import { answer } from '../whatif/state'
import { begin, draft, finish, letGo, missing, remove, save, saving, setKind, setReason, shapeOf, take, zoneChosen, zones } from './state'

const kindWords = (kind: string): string => tOr(`zone.${kind}`, kind)

function Form(): JSX.Element | null {
  const now = draft.value
  if (!now) return null
  const why = missing.value
  return (
    <form
      class="zone-form pad stack"
      aria-label={t(now.id ? 'zones.change' : 'zones.new')}
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <h2>{t(now.id ? 'zones.change' : 'zones.new')}</h2>
      <p class="small second">{now.drawing ? t('zones.drawHint', { n: now.ring.length }) : t('zones.moveHint')}</p>
      <div class="row fields">
        <div class="field">
          <label for="zone-kind">{t('zones.kind')}</label>
          <select id="zone-kind" class="input" value={now.kind} onChange={(event) => setKind(event.currentTarget.value)}>
            {(zones.data.value?.kinds ?? [now.kind]).map((kind) => (
              <option key={kind} value={kind}>
                {kindWords(kind)}
              </option>
            ))}
          </select>
        </div>
        <div class="field grow">
          <label for="zone-reason">{t('zones.reason')}</label>
          <input id="zone-reason" class="input" value={now.reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </div>
      </div>
      <div class="row wrap">
        <button type="submit" class="button primary" aria-disabled={why !== null || saving.value} title={why ?? ''}>
          {t('zones.save')}
        </button>
        {now.drawing && shapeOf(now) && (
          <button type="button" class="button" onClick={finish}>
            {t('zones.finish')}
          </button>
        )}
        <button type="button" class="button quiet" onClick={letGo}>
          {t('common.cancel')}
        </button>
        {why && <span class="small muted">{why}</span>}
      </div>
    </form>
  )
}

function Row({ zone }: { zone: Zone }): JSX.Element {
  const open = zoneChosen.value === zone.id
  const proposed = (answer.value?.cameras ?? []).filter((one) => one.privacy.some((it) => it.zone_id === zone.id)).length
  const show = (): void => {
    zoneChosen.value = open ? null : zone.id
    store.goTo.value = { bbox: bboxOf(zone.geometry) }
  }
  return (
    <li>
      <button type="button" class="answer-row" aria-expanded={open} onClick={show}>
        <span class="chip outline">{kindWords(zone.kind)}</span>
        <span class="grow ellipsis">{zone.reason}</span>
        <span class="small muted nowrap">{t('unit.m2', { n: number(zone.area_m2) })}</span>
        {proposed > 0 && <span class="chip warn">{t('zones.proposed', { n: proposed })}</span>}
        {zone.cameras > 0 && <span class="chip warn">{t('zones.looking', { n: zone.cameras })}</span>}
      </button>
      {open && (
        <div class="row wrap pad-small">
          <button type="button" class="button" aria-disabled={listMode.value} title={listMode.value ? t('zones.needsMap') : ''} onClick={() => !listMode.value && take(zone)}>
            <Icon name="edit" />
            {t('zones.edit')}
          </button>
          <AskTwice name={t('zones.delete')} usual="button danger" act={() => void remove(zone)}>
            {t('zones.delete')}
          </AskTwice>
          <span class="small muted">{zone.author ?? ''}</span>
        </div>
      )}
    </li>
  )
}

/** Ground that no proposal may look at: drawn on the map, each with its kind and reason. */
export function ZonesPanel(): JSX.Element {
  useEffect(() => void zones.load(), [])
  const all = zones.data.value?.zones
  return (
    <div class="panel-scroll">
      <div class="panel-bar row small">
        <span class="grow second">{t('zones.hint')}</span>
        <button type="button" class="button" aria-disabled={listMode.value || draft.value !== null} onClick={() => !listMode.value && !draft.value && begin()}>
          <Icon name="polygon" />
          {t('zones.draw')}
        </button>
      </div>
      <Form />
      {zones.error.value && <ErrorNote error={zones.error.value} retry={() => void zones.load()} />}
      {!all && !zones.error.value && <Skeleton rows={3} />}
      {all?.length === 0 && !draft.value && <Empty icon="lock" title={t('zones.none')} hint={t('zones.noneHint')} />}
      <ul class="lines">{(all ?? []).map((zone) => <Row key={zone.id} zone={zone} />)}</ul>
    </div>
  )
}
