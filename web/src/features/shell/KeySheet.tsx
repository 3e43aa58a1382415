import type { JSX } from 'preact'
import { t, type Key } from '../../i18n'
import { Dialog } from '../../ui/Dialog'
import { keySheetOpen } from './keys'

type Line = [string[], Key]

const everywhere: Line[] = [
  [['/'], 'keys.search'],
  [['?'], 'keys.sheet'],
  [['1'], 'keys.map'],
  [['2'], 'keys.table'],
  [['3'], 'keys.panel'],
  [['G'], 'keys.list'],
  [['Z'], 'keys.zoomSel'],
  [['+', '−'], 'keys.zoom'],
  [['↑', '↓'], 'keys.rows'],
  [['Home', 'End'], 'keys.ends'],
  [['PgUp', 'PgDn'], 'keys.leaf'],
  [['Enter'], 'keys.open'],
  [['Esc'], 'keys.esc'],
]
const onMap: Line[] = [
  [['←', '→', '↑', '↓'], 'keys.pan'],
  [['Enter'], 'keys.ask'],
]
const dispatch: Line[] = [
  [['J'], 'keys.next'],
  [['K'], 'keys.previous'],
  [['D'], 'keys.dispatch'],
  [['U'], 'keys.otherUnit'],
  [['L'], 'keys.link'],
  [['X'], 'keys.mark'],
  [['A'], 'keys.approve'],
  [['F'], 'keys.refuse'],
  [['N'], 'keys.newReport'],
]
const planner: Line[] = [
  [['V', 'B', 'S', 'M'], 'edit.keys.tool'],
  [['P', 'L', 'R', 'D'], 'edit.keys.reassign'],
  [['K', 'I', 'N'], 'edit.keys.lock'],
  [['C', 'U'], 'edit.keys.measure'],
  [['E'], 'keys.rename'],
  [['Ctrl Z'], 'edit.keys.undo'],
  [['Ctrl Shift Z'], 'edit.keys.redo'],
  [['B', 'M', 'T', 'L', 'S', 'C'], 'edit.keys.conflict'],
  [['←', '→', 'Home', 'End'], 'edit.keys.swipe'],
]
const lines: Line[] = [
  [[',', '.'], 'edit.keys.vertex'],
  [['Enter'], 'edit.keys.enter'],
  [['←', '→', '↑', '↓'], 'edit.keys.move'],
  [['Delete'], 'edit.keys.delete'],
  [['Space'], 'edit.keys.mark'],
  [['Shift'], 'edit.keys.shift'],
  [['Esc'], 'edit.keys.esc'],
]
const coverage: Line[] = [
  [['A'], 'whatif.keys.add'],
  [['←', '→', '↑', '↓'], 'whatif.keys.move'],
  [[',', '.'], 'whatif.keys.turn'],
  [['H'], 'whatif.keys.best'],
  [['Enter'], 'whatif.keys.enter'],
  [['Delete'], 'whatif.keys.drop'],
  [['Enter', 'Shift Enter'], 'whatif.keys.corner'],
  [['+', 'Delete'], 'whatif.keys.corners'],
]

function Group({ title, lines }: { title: string; lines: Line[] }): JSX.Element {
  return (
    <section>
      <h3>{title}</h3>
      <dl class="keylist">
        {lines.map(([keys, words]) => (
          <div key={words}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(words)}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** All keys, by place. */
export function KeySheet(): JSX.Element | null {
  if (!keySheetOpen.value) return null
  return (
    <Dialog title={t('keys.title')} hint={t('keys.hint')} width={720} onClose={() => (keySheetOpen.value = false)}>
      <div class="keysheet">
        <div class="stack">
          <Group title={t('keys.everywhere')} lines={everywhere} />
          <Group title={t('keys.onMap')} lines={onMap} />
          <Group title={t('desk.dispatch')} lines={dispatch} />
        </div>
        <div class="stack">
          <Group title={t('desk.planner')} lines={planner} />
          <Group title={t('edit.keys.hold')} lines={lines} />
          <Group title={t('desk.coverage')} lines={coverage} />
        </div>
      </div>
    </Dialog>
  )
}
