import { effect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { onLayer } from '../../api/events'
import { coverage, planId, plans, territory } from '../../api/data'
import type { CoverageReport } from '../../api/types'
import { limited } from '../../api/rights'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { mapOnScreen } from '../../map/engine'
import { MapPane } from '../../map/MapPane'
import { listMode, store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { JobBar } from '../../ui/JobBar'
import { Side } from '../../ui/Side'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { AskForm } from '../place/AskForm'
import { CameraCard } from '../place/CameraCard'
import { PlaceCard } from '../place/PlaceCard'
import { SaveReport } from '../reports/SaveReport'
import { deskBack, deskKeys } from '../shell/keys'
import { PhoneFoot } from '../shell/PhoneFoot'
import { StatusBar } from '../shell/StatusBar'
import { AreasPanel } from './AreasPanel'
import { ChangeLegend, CompareBar } from './CompareBar'
import { choose, comparison, gaps, report, reportError, reportLoading, reload, startDesk, tree } from './desk'
import { ExportMenu } from './ExportMenu'
import { Figures } from './Figures'
import { FilterBar } from './FilterBar'
import { GapsPanel, gapChosen } from './GapsPanel'
import { GridsPanel, scope, scopeBefore, useRows } from './GridsPanel'
import { NamedDialog } from './NamedDialog'
import { narrow } from './narrow'
import { OnMap } from './OnMap'
import { PostsPanel } from './posts/PostsPanel'
import { ReachLegend } from './posts/ReachLegend'
import { openById } from './proposals/list'
import { ProposalsPanel } from './proposals/ProposalsPanel'
import { Reasons } from './Reasons'
import { runSheds } from './runSheds'
import { tab, TABS, type Tab } from './tabs'
import { Adding, addAtMiddle } from './whatif/Adding'
import { Handles, useMoves } from './whatif/Handles'
import { takeById } from './whatif/existing'
import { placements } from './whatif/keep'
import { active, adding, answeredMs, bestHeading, chosen, chosenKey, discard, drop, opened, startWhatIf } from './whatif/state'
import { WhatIfCard } from './whatif/WhatIfCard'
import { Corners } from './zones/Corners'
import { draft, letGo, zones } from './zones/state'
import { ZonesPanel } from './zones/ZonesPanel'

function countOf(one: Tab): number | null {
  const many = { grids: report.value?.grids.length, areas: tree.value.length, gaps: gaps.data.value?.gaps.length, proposals: placements.data.value?.length, zones: zones.data.value?.zones.length, posts: undefined }[one]
  return many === undefined ? null : many
}

function Tabs(): JSX.Element {
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const next = TABS[(TABS.indexOf(tab.value) + step + TABS.length) % TABS.length] as Tab
    tab.value = next
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`#cov-tab-${next}`)?.focus())
  }
  return (
    <div class="tabs" role="tablist" aria-label={t('cov.tabs')} onKeyDown={onKeyDown}>
      {TABS.map((one) => {
        const many = countOf(one)
        return (
          <button
            key={one}
            id={`cov-tab-${one}`}
            type="button"
            role="tab"
            aria-selected={tab.value === one}
            aria-controls="cov-panel"
            tabIndex={tab.value === one ? 0 : -1}
            onClick={() => (tab.value = one)}
          >
            {t(`cov.tab.${one}`)}
            {many !== null && <span class="chip round">{number(many)}</span>}
          </button>
        )
      })}
    </div>
  )
}

const bodies: Record<Tab, (props: { report: CoverageReport }) => JSX.Element> = {
  grids: GridsPanel,
  areas: AreasPanel,
  gaps: GapsPanel,
  proposals: ProposalsPanel,
  zones: ZonesPanel,
  posts: PostsPanel,
}

function Panel({ report }: { report: CoverageReport }): JSX.Element {
  const Body = bodies[tab.value]
  return (
    <>
      <Figures report={report} scope={scope.value} earlier={scopeBefore.value} />
      <Tabs />
      <div id="cov-panel" class="tab-body" role="tabpanel" aria-labelledby={`cov-tab-${tab.value}`}>
        {comparison.data.value && tab.value === 'grids' && <CompareBar />}
        <div class="tab-body" id={tab.value === 'grids' ? undefined : 'table'} tabIndex={-1}>
          <Body report={report} />
        </div>
      </div>
    </>
  )
}

function Nothing(): JSX.Element {
  const failed = reportError.value
  if (failed && (failed as { status?: number }).status !== 404) {
    return (
      <div class="pad">
        <ErrorNote error={failed} retry={() => void reload()} />
      </div>
    )
  }
  const waits = !failed && (planId.value === null ? !plans.data.value : !coverage.data.value || store.run.value !== null)
  if (waits) return <Skeleton />
  return (
    <Empty icon="camera" title={t('coverage.none')} hint={t('coverage.noneHint')}>
      <button type="button" class="button primary" aria-disabled={!planId.value} onClick={() => void (planId.value && choose({}))}>
        {t('coverage.run')}
      </button>
    </Empty>
  )
}

/** Esc steps back: what is being put down, the zone in hand, the proposed camera, the gap marked. */
function back(): boolean {
  if (adding.peek()) adding.value = false
  else if (draft.peek()) letGo()
  else if (chosenKey.peek()) chosenKey.value = null
  else if (gapChosen.peek()) gapChosen.value = null
  else return false
  return true
}

function useKeys(): void {
  useEffect(() => {
    const inHand = (act: (key: string) => void) => (): void => {
      const key = chosenKey.peek()
      if (key) act(key)
    }
    deskKeys.value = {
      a: () => (listMode.peek() ? undefined : addAtMiddle()),
      h: inHand((key) => void bestHeading(key)),
      delete: inHand(drop),
    }
    deskBack.value = back
    return () => {
      deskKeys.value = {}
      deskBack.value = null
    }
  }, [])
}

const handKeys: [string, 'whatif.key.move' | 'whatif.key.turn' | 'whatif.key.best' | 'whatif.key.keep' | 'whatif.key.drop' | 'keys.esc' | 'keys.sheet'][] = [
  ['↑ ↓ ← →', 'whatif.key.move'],
  [', .', 'whatif.key.turn'],
  ['H', 'whatif.key.best'],
  ['Enter', 'whatif.key.keep'],
  ['Del', 'whatif.key.drop'],
  ['Esc', 'keys.esc'],
  ['?', 'keys.sheet'],
]

const CARD_ROOM: [number, number] = [440, 460]

/** Whether the proposed camera in the hand stands where the cards would cover it. */
function useCovered(): boolean {
  const map = mapOnScreen.value
  useMoves(map)
  const one = chosen.value
  if (!map || !one) return false
  const { x, y } = map.project([one.lon, one.lat])
  return x > map.getCanvas().clientWidth - CARD_ROOM[0] && y < CARD_ROOM[1]
}

function Cards(): JSX.Element {
  return (
    <div class={`cards ${useCovered() ? 'aside' : ''}`}>
      <WhatIfCard />
      {!active.value && <PlaceCard />}
      {!active.value && <CameraCard {...(limited.value ? {} : { onAim: (id: string) => void takeById(id) })} />}
    </div>
  )
}

/** What is covered, what is not, by how much and how surely, and what would help most. */
export function CoverageDesk(): JSX.Element {
  useEffect(() => {
    const stops = [
      startDesk(),
      startWhatIf(),
      onLayer(({ layer }) => layer === 'privacy_zones' && void zones.load()),
      effect(() => {
        // the proposal that the address names is open; the view that it names stays
        const named = store.proposal.value
        if (named && opened.peek()?.id !== named) void openById(named, false)
      }),
    ]
    return () => {
      stops.forEach((stop) => stop())
      discard()
      letGo()
    }
  }, [])
  useEffect(() => {
    if (planId.value) void Promise.all([placements.load(), zones.load()])
  }, [planId.value])
  useKeys()
  const here = report.value
  const { asIs: rows } = useRows(true)
  const selected = here?.grids.find((row) => row.code === store.grid.value)
  const cost = active.value && answeredMs.value !== null ? t('whatif.ms', { ms: answeredMs.value }) : undefined
  const assumed = here && here.summary.cameras_unknown_heading > 0 ? t('coverage.assumed') : undefined
  const otherRegister = runSheds.data.value?.as_then === false ? t('cov.shedsNow') : undefined
  return (
    <>
      <FilterBar>
        {here && (
          <button type="button" class="button icon-only" aria-label={t('coverage.run')} data-tip={t('coverage.run')} onClick={() => void choose({})}>
            <Icon name="refresh" />
          </button>
        )}
        {here && !narrow.value && <ExportMenu rows={rows} />}
      </FilterBar>
      <div class={`work coverage ${store.phoneMap.value ? 'show-map' : ''}`}>
        <Side name="coverage" side="left" usual={512} id="panel" busy={reportLoading.value}>
          <JobBar />
          {reportError.value && here && <ErrorNote error={reportError.value} retry={() => void reload()} />}
          {here ? <Panel report={here} /> : <Nothing />}
        </Side>
        {listMode.value ? (
          <Side name="coverage-here" side="right" usual={408} label={t('here.title')}>
            {selected && <Reasons row={selected} />}
            <WhatIfCard />
            {!active.value && <CameraCard {...(limited.value ? {} : { onAim: (id: string) => void takeById(id) })} />}
            <AskForm />
            <PlaceCard docked />
          </Side>
        ) : (
          territory.value && (
            <MapPane>
              <OnMap />
              <Handles />
              <Corners />
              <Adding />
              <ChangeLegend />
              <ReachLegend />
              <Cards />
            </MapPane>
          )
        )}
      </div>
      <PhoneFoot>{here && narrow.value && <ExportMenu rows={rows} foot />}</PhoneFoot>
      <NamedDialog />
      <SaveReport />
      <StatusBar note={cost ?? otherRegister ?? assumed} keys={chosenKey.value ? handKeys : undefined} />
    </>
  )
}
