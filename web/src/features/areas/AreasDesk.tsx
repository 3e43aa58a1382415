import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { limited } from '../../api/rights'
import { territory } from '../../api/data'
import { t } from '../../i18n'
import { mapOnScreen } from '../../map/engine'
import { MapPane } from '../../map/MapPane'
import { listMode, store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { Side } from '../../ui/Side'
import { deskBack } from '../shell/keys'
import { PhoneFoot } from '../shell/PhoneFoot'
import { StatusBar } from '../shell/StatusBar'
import { person } from '../planner/life/life'
import { ofDay, opened, startAreas, whole } from './areas'
import { Change, ChangeActions } from './Change'
import { ChangeList } from './ChangeList'
import { begin, closeForm, doing, drawing, places } from './compose'
import { Compose } from './Compose'
import { DayAreas } from './DayAreas'
import { Figures } from './Figures'
import { startOnMap } from './onmap'
import { ChangeDialogs } from './StepDialogs'

/** Opens an empty new set. */
export function openNew(): void {
  begin(null)
  store.part.value = 'new'
}

function Header(): JSX.Element {
  const mayPlan = person.value.roles.includes('planner')
  const part = store.part.value
  return (
    <div class="deskbar">
      <h1 class="visually-hidden">{t('desk.areas')}</h1>
      <nav class="row area-parts" aria-label={t('areas.parts')}>
        {([[null, 'areas.sets'], ['figures', 'areas.figures']] as const).map(([name, words]) => (
          <button
            key={words}
            type="button"
            class={`button ${(name === null ? part !== 'figures' : part === name) ? 'pressed' : ''}`}
            aria-current={(name === null ? part !== 'figures' : part === name) ? 'page' : undefined}
            onClick={() => (store.part.value = name)}
          >
            {t(words)}
          </button>
        ))}
      </nav>
      <span class="grow" />
      {part === null && (
        <label class="row small org-day" for="areas-day">
          {t('areas.dayOf')}
          <input id="areas-day" type="date" class="input" value={store.at.value ?? ''} onInput={(event) => (store.at.value = event.currentTarget.value || null)} />
        </label>
      )}
      {opened.value && whole.data.value && <ChangeActions of={whole.data.value.change} />}
      {part !== 'new' && !opened.value && !limited.value && (
        <button
          type="button"
          class="button primary edit-only"
          aria-disabled={!mayPlan}
          data-tip={mayPlan ? undefined : t('life.bar.planner')}
          onClick={() => mayPlan && openNew()}
        >
          <Icon name="plus" />
          {t('areas.new')}
        </button>
      )}
    </div>
  )
}

/** Keys while something is drawn: Enter puts a place at the middle of the map, Backspace takes the last one back. */
function onKey(event: KeyboardEvent): void {
  const map = mapOnScreen.peek()
  if (!drawing.peek() || !map || event.target !== map.getCanvas()) return
  if (event.key === 'Enter') {
    const { lng, lat } = map.getCenter()
    places.value = [...places.peek(), [lng, lat]]
  } else if (event.key === 'Backspace' || event.key === 'Delete') places.value = places.peek().slice(0, -1)
  else return
  event.preventDefault()
  event.stopPropagation()
}

/** Esc steps back: what is drawn, then the form, then the page. */
function back(): boolean {
  if (drawing.value) drawing.value = false
  else if (doing.value) closeForm()
  else if (store.part.value && store.part.value !== 'new') store.part.value = null
  else if (ofDay.value) store.at.value = null
  else return false
  return true
}

function Panel(): JSX.Element {
  if (store.part.value === 'new') return <Compose />
  if (store.part.value === 'figures') return <Figures />
  if (opened.value) return <Change key={opened.value} />
  return ofDay.value ? <DayAreas /> : <ChangeList />
}

/** Change sets of areas: who proposed what, what it does on the map, and figures on boundaries of any day. */
export function AreasDesk(): JSX.Element {
  useEffect(() => {
    const stop = startAreas()
    deskBack.value = back
    addEventListener('keydown', onKey, true)
    return () => {
      stop()
      deskBack.value = null
      removeEventListener('keydown', onKey, true)
    }
  }, [])
  const map = mapOnScreen.value
  useEffect(() => (map ? startOnMap(map) : undefined), [map, store.theme.value])
  return (
    <>
      <Header />
      <div class={`work planner areas ${store.phoneMap.value ? 'show-map' : ''}`}>
        {!listMode.value && territory.value && (
          <MapPane>
            {drawing.value && (
              <>
                <span class="crosshair" aria-hidden="true" />
                <p class="card drawing-hint small">{t('areas.drawHint')}</p>
              </>
            )}
          </MapPane>
        )}
        <Side name="areas" side="right" usual={520} id="panel" busy={whole.loading.value}>
          <Panel />
        </Side>
      </div>
      <ChangeDialogs />
      <PhoneFoot />
      <StatusBar />
    </>
  )
}
