import type { JSX } from 'preact'
import { t, type Key } from '../../../i18n'
import { store } from '../../../map/store'
import { Icon } from '../../../ui/Icon'
import { comment, mayComment } from '../life/commenting'
import { tab } from '../slots'
import { smallScreen } from '../../shell/width'
import { hindrance, mode, panelOpen, selectedGrid } from './state'
import type { Tool } from './modes'
import { choose, toggleLock, toggleSnapping } from './tools'
import { toolName } from './words'

const rail: [Tool, string, string][][] = [
  [
    ['select', 'pointer', 'V'],
    ['border', 'border', 'B'],
    ['split', 'split', 'S'],
    ['merge', 'merge', 'M'],
  ],
  [
    ['brush', 'brush', 'P'],
    ['lasso', 'lasso', 'L'],
    ['rectangle', 'rectangle', 'R'],
    ['draw', 'polygon', 'D'],
  ],
]

/** A tool chosen by its letter comes with its lists, and the focus goes there when it was in the table. */
function byKey(tool: Tool): void {
  panelOpen.value = tool !== 'select'
  // the lists stand over the table
  if (tool !== 'select') tab.value = 'grids'
  choose(tool)
}

/** The letters of the tools. */
export const toolKeys: Record<string, () => void> = {
  ...Object.fromEntries(rail.flat().map(([tool, , key]) => [key.toLowerCase(), () => byKey(tool)])),
  i: () => byKey('improve'),
  u: () => byKey('measure'),
  k: toggleLock,
  n: toggleSnapping,
}

/** Editing tools beside the map, each with its letter. */
export function ToolRail(): JSX.Element | null {
  const why = hindrance.value
  if (why === 'none' || why === 'kind') return null
  const small = smallScreen.value
  const off = why === 'role' || why === 'area' ? t(`edit.why.${why}`) : null
  const grid = selectedGrid.value
  const tool = ([id, icon, key]: [Tool, string, string]): JSX.Element => {
    const barred = off !== null && id !== 'select' && id !== 'measure'
    return (
      <button
        key={id}
        type="button"
        class="rail-tool"
        aria-label={toolName(id)}
        aria-pressed={mode.value.tool === id}
        aria-disabled={barred || undefined}
        aria-keyshortcuts={key}
        data-tip={barred ? off : `${toolName(id)}  ${key}`}
        onClick={() => !barred && choose(id)}
      >
        <Icon name={icon} />
        <span class="rail-key" aria-hidden="true">
          {key}
        </span>
      </button>
    )
  }
  const toggle = (name: Key, icon: string, key: string, on: boolean, barred: boolean, action: () => void): JSX.Element => (
    <button type="button" class="rail-tool" aria-label={t(name)} aria-pressed={on} aria-disabled={barred || undefined} aria-keyshortcuts={key} data-tip={`${barred ? t('edit.selectFirst') : t(name)}  ${key}`} onClick={() => !barred && action()}>
      <Icon name={icon} />
      <span class="rail-key" aria-hidden="true">
        {key}
      </span>
    </button>
  )
  return (
    <div class="tool-rail" role="toolbar" aria-label={t(small ? 'edit.toolsSmall' : 'edit.tools')} aria-orientation={small ? 'horizontal' : 'vertical'}>
      {small ? (
        <div class="rail-group">{tool(['select', 'pointer', 'V'])}</div>
      ) : (
        rail.map((group, k) => (
          <div key={k} class="rail-group">
            {group.map(tool)}
          </div>
        ))
      )}
      {!small && (
        <div class="rail-group">
          {toggle('edit.lock', 'lock', 'K', Boolean(grid?.locked), off !== null || !grid, toggleLock)}
          {tool(['improve', 'wand', 'I'])}
        </div>
      )}
      <div class="rail-group">
        {mayComment.value && (
          <button type="button" class="rail-tool" aria-label={t('life.newComment')} aria-keyshortcuts="C" data-tip={`${t('life.newComment')}  C`} onClick={comment}>
            <Icon name="chat" />
            <span class="rail-key" aria-hidden="true">
              C
            </span>
          </button>
        )}
        {tool(['measure', 'ruler', 'U'])}
      </div>
      <span class="grow" />
      {!small && toggle('edit.snap', 'magnet', 'N', store.snapping.value, false, toggleSnapping)}
    </div>
  )
}
