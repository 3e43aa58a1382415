import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { territory } from '../../api/data'
import { t, type Key } from '../../i18n'
import { mapOnScreen } from '../../map/engine'
import { MapPane } from '../../map/MapPane'
import { listMode, store } from '../../map/store'
import { Side } from '../../ui/Side'
import { deskBack } from '../shell/keys'
import { PhoneFoot } from '../shell/PhoneFoot'
import { StatusBar } from '../shell/StatusBar'
import { Catalogue } from './Catalogue'
import { Import } from './Import'
import { startOnMap } from './onmap'
import { area, openStaff, startOrganisation, vacancies } from './organisation'
import { Rules } from './Rules'
import { Staffing } from './Staffing'
import { StaffPanel } from './StaffPanel'
import { Tree } from './Tree'
import { Vacancies } from './Vacancies'
import { WorkCalendar } from './WorkCalendar'

const PARTS = [null, 'vacancies', 'staff', 'staffing', 'rules', 'catalogue', 'calendar', 'import'] as const
const panels = { tree: Tree, vacancies: Vacancies, staff: StaffPanel, staffing: Staffing, rules: Rules, catalogue: Catalogue, calendar: WorkCalendar, import: Import }
type Part = keyof typeof panels

const partNow = (): Part => PARTS.find((part) => part === store.part.value) ?? 'tree'

function Header(): JSX.Element {
  const now = partNow()
  return (
    <div class="deskbar">
      <h1 class="visually-hidden">{t('desk.organisation')}</h1>
      <nav class="row area-parts" aria-label={t('org.parts')}>
        {PARTS.map((part) => (
          <button
            key={part}
            type="button"
            class={`button ${now === (part ?? 'tree') ? 'pressed' : ''}`}
            aria-current={now === (part ?? 'tree') ? 'page' : undefined}
            onClick={() => (store.part.value = part)}
          >
            {t(`org.${part ?? 'tree'}` as Key)}
          </button>
        ))}
      </nav>
      <span class="grow" />
      {area.value && (
        <button type="button" class="button" onClick={() => (store.area.value = null)}>
          {`${t('org.onlyArea', { name: area.value.name })} ×`}
        </button>
      )}
      <label class="row small org-day" for="org-day">
        {t('org.day')}
        <input id="org-day" type="date" class="input" value={store.at.value ?? ''} onInput={(event) => (store.at.value = event.currentTarget.value || null)} />
      </label>
    </div>
  )
}

/** Esc steps back: from one of the staff to the list, then from an area to all. */
function back(): boolean {
  if (openStaff.value) openStaff.value = null
  else if (store.area.value) store.area.value = null
  else return false
  return true
}

/** Areas and units as trees, staff with their posts, what is vacant on any day, and staffing by the rules. */
export function OrganisationDesk(): JSX.Element {
  useEffect(() => {
    const stop = startOrganisation()
    deskBack.value = back
    return () => {
      stop()
      deskBack.value = null
    }
  }, [])
  const map = mapOnScreen.value
  useEffect(() => (map ? startOnMap(map) : undefined), [map, store.theme.value])
  const Panel = panels[partNow()]
  return (
    <>
      <Header />
      <div class={`work planner organisation ${store.phoneMap.value ? 'show-map' : ''}`}>
        {!listMode.value && territory.value && <MapPane />}
        <Side name="organisation" side="right" usual={520} id="panel" busy={vacancies.loading.value}>
          <Panel />
        </Side>
      </div>
      <PhoneFoot />
      <StatusBar />
    </>
  )
}
