/** The life of a plan at the planner desk: hangs itself into the desk's slots. */
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { PlanGrids } from '../../../api/types'
import { t } from '../../../i18n'
import { store } from '../../../map/store'
import { slots, tab } from '../slots'
import { LifeMenus } from './Actions'
import { Comments, openThreads } from './Comments'
import { Compare } from './Compare'
import { DayOnMap, History } from './History'
import { startLife } from './life'
import { Pins } from './Pins'
import { PrintView } from './Print'
import { PublishDialog } from './PublishDialog'
import { StepDialog } from './StepDialog'
import { Swipe } from './Swipe'

function Dialogs(): JSX.Element {
  useEffect(startLife, [])
  useEffect(() => {
    if (store.compare.value) tab.value = 'compare'
    else if (tab.value === 'compare') tab.value = 'grids'
    requestAnimationFrame(() => document.querySelector('#panel [role="tab"][aria-selected="true"]')?.scrollIntoView({ inline: 'nearest', block: 'nearest' }))
  }, [store.compare.value])
  return (
    <>
      <StepDialog />
      <PublishDialog />
      <PrintView />
    </>
  )
}

function OnMap({ data }: { data: PlanGrids }): JSX.Element {
  return (
    <>
      <Swipe data={data} />
      <Pins />
      <DayOnMap data={data} />
    </>
  )
}

slots.header.push(LifeMenus)
slots.overlays.push(Dialogs)
slots.map.push(OnMap)
slots.tabs.push(
  { id: 'comments', name: () => t('life.comments'), count: openThreads, body: Comments },
  { id: 'history', name: () => t('life.history'), body: History },
  { id: 'compare', name: () => t('life.compare'), body: Compare, shown: () => store.compare.value !== null },
)
