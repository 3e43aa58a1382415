import type { JSX } from 'preact'
import { plan, plans } from '../../../api/data'
import type { Plan, PlanGrids } from '../../../api/types'
import { mayExport } from '../../../api/rights'
import { t } from '../../../i18n'
import { store } from '../../../map/store'
import { Icon } from '../../../ui/Icon'
import { Menu } from '../../../ui/Menu'
import { NoExport } from '../../../ui/NoExport'
import { openDownload } from '../../../ui/save'
import { smallScreen } from '../../shell/width'
import { StatusChip } from './StatusChip'
import { asking, importing, person, printing, publishOpen } from './life'
import { fitsSmall, offers, primaryStep, type Step } from './steps'
import { barWords, stepName } from './words'

const ICONS: Record<Step, string> = {
  submit: 'send', approve: 'check', publish: 'check', send_back: 'refresh', recall: 'refresh', withdraw: 'refresh',
  retire: 'history', draft: 'edit', delete: 'clear',
}
const FORMATS = ['gpkg', 'geojson', 'shp', 'csv'] as const

/** Opens what a step needs to be asked. */
export function begin(step: Step): void {
  if (step === 'publish') publishOpen.value = true
  else asking.value = step
}

function exportAs(of: Plan, format: string): void {
  openDownload(`/api/v1/plans/${of.id}/export?format=${format}`, `${of.name}.${format === 'shp' ? 'zip' : format}`)
}

function ExportItems({ of, close }: { of: Plan; close: () => void }): JSX.Element {
  return (
    <>
      {!mayExport.value && <NoExport />}
      {mayExport.value && FORMATS.map((format) => (
        <button
          key={format}
          type="button"
          onClick={() => {
            exportAs(of, format)
            close()
          }}
        >
          <Icon name="download" />
          <span class="grow">{t(`life.format.${format}`)}</span>
        </button>
      ))}
      <button
        type="button"
        onClick={() => {
          close()
          printing.value = true
        }}
      >
        <Icon name="report" />
        <span class="grow">{t('life.print')}</span>
      </button>
    </>
  )
}

function CompareItems({ of, close }: { of: Plan; close: () => void }): JSX.Element {
  const others = (plans.data.value ?? []).filter((one) => one.id !== of.id && one.kind === of.kind)
  const choose = (id: string | null): void => {
    store.compare.value = id
    close()
  }
  if (person.value.limited) return <p class="menu-note small muted">{barWords('area')}</p>
  if (others.length === 0) return <p class="menu-note small muted">{t('life.compareNone')}</p>
  return (
    <>
      {others.map((one) => (
        <button key={one.id} type="button" aria-current={store.compare.value === one.id} onClick={() => choose(one.id)}>
          <span class="grow">{one.name}</span>
          {one.id === of.based_on && <span class="small muted">{t('life.basedOnThis')}</span>}
          <StatusChip status={one.status} />
        </button>
      ))}
      {store.compare.value && (
        <>
          <div class="rule" />
          <button type="button" onClick={() => choose(null)}>
            <Icon name="close" />
            {t('life.compareEnd')}
          </button>
        </>
      )}
    </>
  )
}

function StepItems({ of, close }: { of: Plan; close: () => void }): JSX.Element {
  return (
    <>
      {offers(of, person.value).filter(({ step }) => !smallScreen.value || fitsSmall(step, of)).map(({ step, bar }) => (
        <button
          key={step}
          type="button"
          aria-disabled={bar !== null}
          title={barWords(bar)}
          onClick={() => {
            if (bar) return
            close()
            begin(step)
          }}
        >
          <Icon name={ICONS[step]} />
          <span class="grow">
            {stepName(step)}
            {bar && <span class="block small muted">{barWords(bar)}</span>}
          </span>
        </button>
      ))}
    </>
  )
}

function MoreMenu({ of }: { of: Plan }): JSX.Element {
  const barred = person.value.limited ? 'area' : person.value.roles.includes('planner') ? null : 'planner'
  return (
    <Menu called="icon" name={t('life.more')} buttonClass="button icon-only more-button" align="right" label={<Icon name="more" />}>
      {(close) => (
        <div class="more-menu">
          <h2>{t('life.nextSteps')}</h2>
          <StepItems of={of} close={close} />
          <div class="rule" />
          <button
            type="button"
            class="edit-only"
            aria-disabled={barred !== null}
            title={barWords(barred)}
            onClick={() => {
              if (barred) return
              close()
              importing.value = true
            }}
          >
            <Icon name="plus" />
            {t('life.import')}
          </button>
          <div class="folded-only">
            <div class="rule" />
            <h2>{t('life.compare')}</h2>
            <CompareItems of={of} close={close} />
            <div class="rule" />
            <h2>{t('export.export')}</h2>
            <ExportItems of={of} close={close} />
          </div>
        </div>
      )}
    </Menu>
  )
}

/** Compare, export and all steps of a plan, in the desk header. */
export function LifeMenus(_: { data: PlanGrids }): JSX.Element | null {
  const of = plan.value
  if (!of) return null
  return (
    <>
      <span class="unfolded-only">
        <Menu
          called="text"
          name={t('life.compare')}
          buttonClass={store.compare.value ? 'button pressed' : 'button'}
          align="right"
          label={
            <>
              <Icon name="compare" />
              {t('life.compare')}
            </>
          }
        >
          {(close) => (
            <div class="compare-menu">
              <CompareItems of={of} close={close} />
            </div>
          )}
        </Menu>
      </span>
      <span class="unfolded-only">
        <Menu
          called="text"
          name={t('export.export')}
          align="right"
          label={
            <>
              <Icon name="download" />
              {t('export.export')}
            </>
          }
        >
          {(close) => <ExportItems of={of} close={close} />}
        </Menu>
      </span>
      <MoreMenu of={of} />
    </>
  )
}

/** The one next step of the plan. */
export function LifePrimary(_: { data: PlanGrids }): JSX.Element | null {
  const of = plan.value
  const step = of && primaryStep(of, person.value)
  if (!step || (smallScreen.value && !fitsSmall(step, of))) return null
  return (
    <button type="button" class="button primary" onClick={() => begin(step)}>
      {stepName(step)}
    </button>
  )
}
