import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { territory } from '../../api/data'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { MapPane } from '../../map/MapPane'
import { listMode, store } from '../../map/store'
import { clockOfCase, clockWords } from '../../ui/clocks'
import { DataTable, ordered, readOrder, writeOrder } from '../../ui/DataTable'
import { catchFocus } from '../../ui/focus'
import { Icon } from '../../ui/Icon'
import { Side } from '../../ui/Side'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { AskForm } from '../place/AskForm'
import { CameraCard } from '../place/CameraCard'
import { forgetPlace } from '../place/located'
import { PlaceCard } from '../place/PlaceCard'
import { deskBack, deskKeys } from '../shell/keys'
import { PhoneFoot } from '../shell/PhoneFoot'
import { StatusBar } from '../shell/StatusBar'
import { Bulk, dispatchMarked, otherUnitForMarked } from './Bulk'
import { Chart } from './Chart'
import { CaseCard, closeForm, decideKey, dispatchKey, linkKey, opened, otherUnitKey } from './CaseCard'
import { alarm, answer, clockTime, counts, filters, focusCase, growing, hasMore, letIn, loadMore, marked, queue, roles, shown, startDesk, step, toggleMark, waiting } from './desk'
import { clearFilters, FilterBar, narrowed, Tabs } from './FilterBar'
import { handing, HandOver, loadSheets, ShiftFoot } from './HandOver'
import { ImportFile } from './ImportFile'
import { panel } from './panels'
import { placing, stopPlacing } from './PlaceForm'
import { Plates } from './Plates'
import { growNearEnd, Queue } from './Queue'
import { SearchArea } from './SearchArea'
import { showCase } from './onMap'
import { ReportForm, reporting, startReport } from './ReportForm'
import { loadItems } from '../phone/catalogue'
import { countOf, holdThinking, resumeThinking, sendNow, sendWhileLeaving, underway, undo, type Underway } from './sending'
import { columns } from './table'
import { itemWords, placeWords, shortNo } from './words'

function ListFoot(): JSX.Element {
  const n = number(shown.value.length)
  const closed = filters.value.tab === 'closed'
  const words = closed ? t('dispatch.shownClosed', { n }) : t(hasMore.value ? 'dispatch.shownMore' : 'dispatch.shown', { n })
  const all = counts.data.value?.total
  return (
    <p class="table-foot small muted row">
      <span class="grow">{narrowed() && all !== undefined && !closed ? t('dispatch.match', { n, all: number(all) }) : words}</span>
      {hasMore.value && (
        <button type="button" class="link" aria-disabled={growing.value} onClick={() => void loadMore()}>
          {t('dispatch.loadMore')}
        </button>
      )}
      {narrowed() && (
        <button type="button" class="link" onClick={clearFilters}>
          {t('dispatch.clearFilter')}
        </button>
      )}
    </p>
  )
}

function Nothing(): JSX.Element {
  if (narrowed()) {
    return (
      <Empty icon="search" title={t('dispatch.noneFit')}>
        <button type="button" class="button" onClick={clearFilters}>
          {t('dispatch.clearFilter')}
        </button>
      </Empty>
    )
  }
  return <Empty icon="check" title={t(filters.value.tab === 'todo' ? 'dispatch.noneTodo' : 'dispatch.none')} hint={t('dispatch.noneTodoHint')} />
}

function Cases(): JSX.Element {
  if (queue.error.value && !queue.data.value) {
    return (
      <div class="pad" id="table" tabIndex={-1}>
        <ErrorNote error={queue.error.value} retry={() => void queue.load()} />
      </div>
    )
  }
  if (!queue.data.value) {
    return (
      <div id="table" tabIndex={-1}>
        <Skeleton />
      </div>
    )
  }
  const rows = shown.value
  const order = readOrder(store.sort.value, { column: '', down: false })
  return (
    <>
      {waiting.value.length > 0 && (
        <button type="button" class="button new-rows" onClick={letIn}>
          {t('dispatch.newRows', { n: number(waiting.value.length) })}
        </button>
      )}
      {rows.length === 0 && (
        <div class="nothing" id="table" tabIndex={-1}>
          <Nothing />
        </div>
      )}
      {rows.length > 0 && listMode.value && (
        <div class="table-box" onScroll={growNearEnd}>
          <DataTable
            id="table"
            caption={t('desk.dispatch')}
            columns={columns()}
            rows={ordered(rows, columns(), order)}
            keyOf={(one) => one.no}
            selected={store.incident.value}
            order={order}
            tall
            letters
            onOrder={(next) => (store.sort.value = writeOrder(next))}
            onSelect={(no) => (store.incident.value = no)}
            onEnter={(no) => no === answer.peek()?.case.incident.no && focusCase()}
          />
        </div>
      )}
      {rows.length > 0 && !listMode.value && <Queue rows={rows} />}
    </>
  )
}

function AnswerPanel(): JSX.Element {
  if (handing.value) return <HandOver />
  if (reporting.value) return <ReportForm />
  if (panel.value === 'import') return <ImportFile />
  if (panel.value === 'chart') return <Chart />
  if (panel.value === 'plates') return <Plates />
  if (store.incident.value) return <CaseCard key={store.incident.value} no={store.incident.value} />
  if (store.place.value) return <PlaceCard docked onReport={startReport} />
  return (
    <>
      {listMode.value && <AskForm />}
      <Empty icon="report" title={t('dispatch.noneChosen')} hint={t('dispatch.noneChosenHint')} />
    </>
  )
}

function outgoing(going: Underway): string {
  const [{ unit, cases }, ...others] = going.orders
  if (!going.many) return t('dispatch.outgoing', { no: shortNo(cases[0]?.no ?? ''), unit: unit.name })
  const n = number(countOf(going))
  return others.length ? t('dispatch.outgoingMany', { n }) : t('dispatch.outgoingAll', { n, unit: unit.name })
}

/** A dispatch that can still be taken back; it waits while the hand or the focus is on it, not where a pointer happened to rest. */
function UndoToast(): JSX.Element {
  const going = underway.value
  return (
    <div role="status" aria-live="polite">
      {going && (
        <div class="toast" data-testid="undo" onMouseMove={holdThinking} onMouseLeave={resumeThinking} onFocusIn={holdThinking} onFocusOut={resumeThinking}>
          <span>{outgoing(going)}</span>
          <button type="button" class="link" onClick={undo}>
            {t('common.undo')} <kbd>Esc</kbd>
          </button>
        </div>
      )}
    </div>
  )
}

/** What is chosen, politely; what has become critical or late, at once and together. */
function Said(): JSX.Element {
  const one = answer.value?.case.incident
  const clock = one && clockWords(clockOfCase(one, clockTime.value), clockTime.value)
  const { critical, late } = alarm.value
  return (
    <>
      <div class="visually-hidden" aria-live="polite">
        {one && t('dispatch.chosenSays', { item: itemWords(one), clock: clock || t('dispatch.noClock'), place: placeWords(one) })}
      </div>
      <div class="visually-hidden" aria-live="assertive">
        {critical + late > 0 && t('dispatch.alarm', { critical: number(critical), late: number(late) })}
      </div>
    </>
  )
}

const ANY_ROW = 'tr[data-key][tabindex="0"], .queue [tabindex="0"]'
const rowOf = (no: string): string => `[data-key="${CSS.escape(no)}"]`

/** What was closed, or drawn another way, gives the focus to the list. */
function useWayBack(): void {
  const aside = Boolean(handing.value || reporting.value || panel.value)
  const list = listMode.value
  const before = useRef({ aside, list })
  useEffect(() => {
    const left = (before.current.aside && !aside) || before.current.list !== list
    before.current = { aside, list }
    if (left) catchFocus(rowOf(store.incident.peek() ?? ''), ANY_ROW)
  }, [aside, list])
}

/** From the card, or from nowhere, back to the row of the case, else into the list; false where the hand is elsewhere or the list empty. */
function backToRow(): boolean {
  const no = store.incident.peek()
  const { activeElement } = document
  if (!no || (activeElement && activeElement !== document.body && !activeElement.closest('.incident-card'))) return false
  const row = document.querySelector<HTMLElement>(rowOf(no)) ?? document.querySelector<HTMLElement>(ANY_ROW)
  row?.focus()
  return row !== null
}

function startKeys(): () => void {
  deskKeys.value = {
    j: () => step(1),
    k: () => step(-1),
    n: startReport,
    d: () => (marked.peek().size > 0 ? void dispatchMarked() : dispatchKey()),
    u: () => (marked.peek().size > 0 ? otherUnitForMarked() : otherUnitKey()),
    l: linkKey,
    x: () => toggleMark(store.incident.peek()),
    a: () => decideKey('approve'),
    f: () => decideKey('refuse'),
  }
  deskBack.value = () => {
    if (undo()) return true
    if (placing.peek()) stopPlacing()
    else if (opened.peek()) closeForm()
    else if (handing.peek()) handing.value = false
    else if (reporting.peek()) reporting.value = false
    else if (panel.peek()) panel.value = null
    else if (marked.peek().size > 0 && !store.incident.peek()) marked.value = new Set()
    else if (backToRow()) return true
    else return false
    return true
  }
  return () => {
    deskKeys.value = {}
    deskBack.value = null
  }
}

/** A case that is chosen takes the panel from whatever stood there. */
function leaveForms(): void {
  store.picking.value = false
  reporting.value = false
  handing.value = false
  panel.value = null
}

/** Cases as they come, on the map and in the list, each with its answer and what is to be done. */
export function DispatchDesk(): JSX.Element {
  useEffect(() => {
    const stops = [startDesk(), startKeys(), showCase()]
    addEventListener('pagehide', sendWhileLeaving)
    if (roles.peek().some((role) => ['dispatcher', 'shift_leader', 'intake_officer'].includes(role))) loadSheets()
    return () => {
      removeEventListener('pagehide', sendWhileLeaving)
      sendNow()
      leaveForms()
      stops.forEach((stop) => stop())
    }
  }, [])
  useWayBack()
  // every territory has a catalogue of its own
  useEffect(() => void loadItems(), [territory.value?.id])
  useEffect(() => {
    if (store.incident.value) leaveForms()
  }, [store.incident.value])
  const panelOpen = handing.value || reporting.value || panel.value || store.incident.value || store.place.value
  const close = (): void => {
    leaveForms()
    store.incident.value = null
    forgetPlace()
  }
  return (
    <>
      <h1 class="visually-hidden">{t('desk.dispatch')}</h1>
      <div class={`work dispatch ${store.phoneMap.value ? 'show-map' : ''} ${panelOpen ? 'panel-open' : ''}`}>
        <Side name="dispatch" side="left" usual={380} busy={queue.loading.value}>
          <Tabs />
          <FilterBar />
          <Cases />
          <Bulk />
          <ListFoot />
          <ShiftFoot />
        </Side>
        {!listMode.value && territory.value && (
          <MapPane>
            {store.picking.value ? (
              <p class="map-hint card">
                <Icon name="pin" /> {t('map.pick')}
              </p>
            ) : (
              <SearchArea />
            )}
            <div class="cards">
              <CameraCard />
            </div>
          </MapPane>
        )}
        <Side name="dispatch-answer" side="right" usual={408} id="panel" label={t('dispatch.answer')}>
          {panelOpen && (
            <button type="button" class="button quiet panel-back" onClick={close}>
              <Icon name="close" />
              {t('common.close')}
            </button>
          )}
          <AnswerPanel />
        </Side>
      </div>
      <PhoneFoot>
        <button type="button" class="button primary" onClick={startReport}>
          <Icon name="plus" />
          {t('dispatch.new')}
        </button>
      </PhoneFoot>
      <UndoToast />
      <Said />
      <StatusBar />
    </>
  )
}
