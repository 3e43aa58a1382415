import type { JSX } from 'preact'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { ask, query } from '../../api/client'
import { planGrids } from '../../api/data'
import type { components } from '../../api/schema'
import { lang, t } from '../../i18n'
import { gridNumber, moment, number } from '../../i18n/format'
import { store } from '../../map/store'
import { SelectField } from '../../ui/fields'
import { Icon } from '../../ui/Icon'
import { openDownload } from '../../ui/save'
import { ErrorNote } from '../../ui/states'
import { PanelFrame } from './PanelFrame'

type Plate = components['schemas']['PlateOut']

/** A code in use; taking it out of use is asked twice. */
function PlateRow({ plate, onGone }: { plate: Plate; onGone: () => Promise<void> }): JSX.Element {
  const asked = useSignal(false)
  return (
    <li class="row wrap plate-row">
      <span class="grow">
        <span class="strong num">{plate.code}</span> <span class="small second">{t(`intake.plate.${plate.kind}`)}</span>
        <span class="small muted block">{[plate.label, moment(plate.issued_at)].filter(Boolean).join(' · ')}</span>
      </span>
      <button type="button" class={`button ${asked.value ? 'danger' : ''}`} onClick={() => (asked.value ? void onGone() : (asked.value = true))}>
        {t(asked.value ? 'intake.plateSure' : 'intake.plateWithdraw')}
      </button>
    </li>
  )
}

/** The plates of a grid: codes are issued once, and printed as a sheet to cut out. */
export function Plates(): JSX.Element {
  const grids = planGrids.data.value?.grids ?? []
  const grid = store.grid.value ?? ''
  const plates = useSignal<Plate[] | null>(null)
  const failure = useSignal<unknown>(null)
  const tell = async (work: () => Promise<Plate[]>): Promise<void> => {
    failure.value = null
    try {
      const found = await work()
      if (store.grid.peek() === grid) plates.value = found
    } catch (cause) {
      failure.value = cause
    }
  }
  const list = async (): Promise<Plate[]> => (await ask<{ plates: Plate[] }>(`/api/v1/plates${query({ grid })}`)).plates
  const issue = async (): Promise<Plate[]> => (await ask<{ plates: Plate[] }>('/api/v1/plates', { method: 'POST', body: { grid } })).plates
  const print = async (): Promise<void> => {
    await tell(issue)
    if (failure.peek() === null) openDownload(`/api/v1/plates/sheet${query({ grid, language: lang.peek() })}`, `gridward-plates-${gridNumber(grid)}.pdf`)
  }
  const withdraw = async (code: string): Promise<void> =>
    tell(async () => {
      await ask(`/api/v1/plates/${encodeURIComponent(code)}`, { method: 'DELETE' })
      return list()
    })
  useEffect(() => {
    plates.value = null
    failure.value = null
    if (grid) void tell(list)
  }, [grid])
  const many = plates.value?.length ?? 0
  return (
    <PanelFrame title={t('intake.plates')}>
      <p class="second">{t('intake.platesHint')}</p>
      <SelectField
        id="plates-grid"
        label={t('grid.grid')}
        value={grid}
        options={[['', t('intake.chooseGrid')], ...grids.map((one) => [one.code, [gridNumber(one.code), one.name].filter(Boolean).join(' · ')] as const)]}
        onChange={(code) => (store.grid.value = code || null)}
      />
      {failure.value !== null && <ErrorNote error={failure.value} />}
      <div class="row wrap">
        <button type="button" class="button primary" aria-disabled={!grid} data-tip={grid ? undefined : t('intake.chooseGrid')} onClick={() => grid && void print()}>
          <Icon name="qr" />
          {t('intake.platesPrint')}
        </button>
      </div>
      {plates.value && (
        <section class="stack">
          <p role="status">{many ? t('intake.platesInUse', { n: number(many) }) : t('intake.platesNone')}</p>
          <ul class="stack">
            {plates.value.map((one) => (
              <PlateRow key={one.code} plate={one} onGone={() => withdraw(one.code)} />
            ))}
          </ul>
        </section>
      )}
    </PanelFrame>
  )
}
