import type { Map as MapLibre } from 'maplibre-gl'
import type { JSX } from 'preact'
import { layers, session, territory } from '../api/data'
import { lang, t, type Key } from '../i18n'
import { Icon } from '../ui/Icon'
import { Menu } from '../ui/Menu'
import { toast } from '../ui/toast'
import { basemap, basemaps, chooseBasemap } from './basemap'
import { mapBearing } from './engine'
import { saveTiles } from './offline'
import { MAP_THEMES } from './permalink'
import { deskTheme, layerShown, mapTheme, showLayer, store } from './store'

const GROUPS = ['grids', 'cameras', 'incidents', 'base'] as const

function locate(): void {
  if (!('geolocation' in navigator)) {
    toast(t('map.locateFailed', { why: '–' }))
    return
  }
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      store.place.value = { lon: coords.longitude, lat: coords.latitude, accuracy_m: Math.round(coords.accuracy) }
      store.goTo.value = { at: [coords.longitude, coords.latitude], zoom: 16 }
    },
    (failure) => toast(t('map.locateFailed', { why: failure.message })),
  )
}

/** What the map is drawn on: nothing, or a map of others. */
function BasemapSwitch(): JSX.Element | null {
  const all = basemaps.data.value ?? []
  if (all.length === 0) return null
  const choice = (id: string | null, name: string): JSX.Element => (
    <label class="item" key={id}>
      <input type="radio" name="basemap" checked={(basemap.value?.id ?? null) === id} onChange={() => chooseBasemap(id)} />
      {name}
    </label>
  )
  return (
    <div role="group" aria-label={t('basemap.title')}>
      <div class="rule" />
      <h3>{t('basemap.title')}</h3>
      {choice(null, t('basemap.none'))}
      {all.map((one) => choice(one.id, one.name[lang.value]))}
    </div>
  )
}

/** Which layers are drawn and what the map shows. */
function LayerSwitch(): JSX.Element {
  const all = (layers.data.value ?? []).filter((layer) => layer.id !== 'grid_labels')
  return (
    <>
      <h3>{t('map.theme')}</h3>
      {MAP_THEMES.map((theme) => (
        <label class="item" key={theme}>
          <input
            type="radio"
            name="map-theme"
            checked={mapTheme.value === theme}
            onChange={() => (store.mapThemeChoice.value = theme === deskTheme[store.desk.value] ? null : theme)}
          />
          {t(`map.theme.${theme}` as Key)}
        </label>
      ))}
      <BasemapSwitch />
      {GROUPS.map((group) => (
        <div key={group} role="group" aria-label={t(`group.${group}` as Key)}>
          <div class="rule" />
          <h3>{t(`group.${group}` as Key)}</h3>
          {all
            .filter((layer) => layer.group === group)
            .map((layer) => (
              <label class="item" key={layer.id}>
                <input
                  type="checkbox"
                  checked={layerShown(layer.id, layer.visible ?? true)}
                  onChange={(event) => showLayer(layer.id, event.currentTarget.checked, layer.visible ?? true)}
                />
                {layer.title[lang.value]}
              </label>
            ))}
        </div>
      ))}
    </>
  )
}

/** Zoom, position, whole territory and layers, one card at the top of the map. */
export function MapTools({ map }: { map: MapLibre }): JSX.Element {
  const tool = (name: Key, icon: string, action: () => void): JSX.Element => (
    <button type="button" class="tool" aria-label={t(name)} data-tip={t(name)} onClick={action}>
      <Icon name={icon} />
    </button>
  )
  const fit = (): void => {
    if (territory.value) store.goTo.value = { bbox: territory.value.bbox }
  }
  return (
    <div class="map-tools card" role="toolbar" aria-label={t('map.tools')} aria-orientation="vertical">
      {tool('map.zoomIn', 'plus', () => void map.zoomIn({ duration: 0 }))}
      {tool('map.zoomOut', 'minus', () => void map.zoomOut({ duration: 0 }))}
      {tool('map.fit', 'fit', fit)}
      {tool('map.locate', 'target', locate)}
      {Math.abs(mapBearing.value) > 0.5 && tool('map.north', 'north', () => void map.resetNorth({ duration: 0 }))}
      <Menu called="icon" name={t('map.layers')} buttonClass="tool" align="right" label={<Icon name="layers" />}>
        {(close) => (
          <>
            <LayerSwitch />
            {session.value?.account.roles.includes('export') && (
              <>
                <div class="rule" />
                <button
                  type="button"
                  class="item"
                  title={t('offline.hint')}
                  onClick={() => {
                    close()
                    void saveTiles(map)
                  }}
                >
                  {t('offline.save')}
                </button>
              </>
            )}
          </>
        )}
      </Menu>
    </div>
  )
}
