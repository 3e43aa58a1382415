import type { JSX } from 'preact'
import { territory } from '../../api/data'
import { t, type Key } from '../../i18n'
import { position } from '../../i18n/format'
import { mapZoom } from '../../map/engine'
import { listMode, store } from '../../map/store'
import { locatedMs } from '../place/located'

const hints: Record<string, [string, Key][]> = {
  planner: [['/', 'keys.search'], ['B', 'edit.tool.border'], ['S', 'edit.tool.split'], ['E', 'keys.rename'], ['Z', 'keys.zoomSel'], ['G', 'keys.list'], ['Esc', 'keys.esc'], ['?', 'keys.sheet']],
  areas: [['↑ ↓', 'keys.rows'], ['Enter', 'keys.areaPlace'], ['G', 'keys.list'], ['/', 'keys.search'], ['Esc', 'keys.esc'], ['?', 'keys.sheet']],
  dispatch: [['J', 'keys.next'], ['K', 'keys.previous'], ['D', 'keys.dispatch'], ['U', 'keys.otherUnit'], ['L', 'keys.link'], ['X', 'keys.mark'], ['N', 'keys.newReport'], ['G', 'keys.list'], ['?', 'keys.sheet']],
  coverage: [['↑ ↓', 'keys.rows'], ['Z', 'keys.zoomSel'], ['G', 'keys.list'], ['/', 'keys.search'], ['Esc', 'keys.esc'], ['?', 'keys.sheet']],
  reports: [['/', 'keys.search'], ['?', 'keys.sheet']],
}

/** Keys of the context on the left; what an answer cost and where the hand is on the right. */
export function StatusBar({ note, keys }: { note?: string | undefined; keys?: [string, Key][] | undefined }): JSX.Element {
  const cursor = store.cursor.value
  const zoom = mapZoom.value
  return (
    <footer class="statusbar small">
      <ul class="row">
        {(keys ?? hints[store.desk.value] ?? []).map(([key, words]) => (
          <li key={words}>
            <kbd>{key}</kbd> {t(words)}
          </li>
        ))}
      </ul>
      <ul class="row">
        {locatedMs.value !== null && <li>{t('here.answered', { ms: locatedMs.value })}</li>}
        {note && <li>{note}</li>}
        {territory.value?.demo && <li>{t('common.demo')}</li>}
        {!listMode.value && cursor && <li class="num">{position(cursor.lon, cursor.lat)}</li>}
        {!listMode.value && zoom !== null && <li class="num">{t('map.zoom', { z: zoom.toFixed(1) })}</li>}
      </ul>
    </footer>
  )
}
