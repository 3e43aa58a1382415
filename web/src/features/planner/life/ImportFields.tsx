import type { JSX } from 'preact'
import { t, tOr } from '../../../i18n'
import { bytes } from '../../../i18n/format'
import { badTolerance, type ImportWish } from './importing'

const KINDS = ['household', 'natural_village', 'micro', 'ten_household', 'police', 'safety', 'cell'] as const
const SYSTEMS = ['wgs84', 'cgcs2000', 'gcj02', 'bd09'] as const
const OVERLAPS = ['border', 'first', 'smaller'] as const
const MOST_BYTES = 50 * 2 ** 20

interface Props {
  wish: ImportWish
  file: File | null
  /** The file does not say in which system its coordinates are. */
  systemMissing: boolean
  set: (part: Partial<ImportWish>) => void
  choose: (file: File | null) => void
}

/** What is asked of a file of grids: its system, its columns, and how it is mended. */
export function ImportFields({ wish, file, systemMissing, set, choose }: Props): JSX.Element {
  const large = file !== null && file.size > MOST_BYTES
  const wrong = badTolerance(wish)
  const text = (name: 'name' | 'code' | 'title' | 'crs', words: string, hint?: string, list?: string): JSX.Element => (
    <div class="field grow">
      <label for={`import-${name}`}>{words}</label>
      <input
        id={`import-${name}`}
        class="input"
        value={wish[name]}
        list={list}
        placeholder={hint}
        aria-invalid={name === 'crs' && systemMissing}
        aria-describedby={name === 'crs' && systemMissing ? 'import-crs-error' : undefined}
        onInput={(event) => set({ [name]: event.currentTarget.value })}
      />
    </div>
  )
  return (
    <div class="stack pad">
      <div class="field">
        <label for="import-file">{t('life.file')}</label>
        <input
          id="import-file"
          type="file"
          class="input"
          accept=".geojson,.json,.gpkg,.zip"
          aria-invalid={large}
          aria-describedby="import-file-hint"
          onChange={(event) => choose(event.currentTarget.files?.[0] ?? null)}
        />
        <span id="import-file-hint" class={large ? 'error' : 'hint'}>
          {large ? t('life.fileLarge', { size: bytes(file.size) }) : t('life.fileHint')}
        </span>
      </div>
      <div class="row fields">
        <div class="field grow">
          <label for="import-kind">{t('planner.kind')}</label>
          <select id="import-kind" class="input" value={wish.kind} onChange={(event) => set({ kind: event.currentTarget.value })}>
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {tOr(`planKind.${kind}`, kind)}
              </option>
            ))}
          </select>
        </div>
        {text('name', t('life.planName'), t('life.asFile'))}
      </div>
      <div class="row fields">
        {text('crs', t('life.crs'), t('life.crsHint'), 'import-systems')}
        <datalist id="import-systems">
          {SYSTEMS.map((system) => (
            <option key={system} value={system} />
          ))}
          <option value="EPSG:4326" />
        </datalist>
        {text('code', t('life.codeColumn'), 'code')}
        {text('title', t('life.nameColumn'), 'name')}
      </div>
      {systemMissing && (
        <p id="import-crs-error" class="field" role="alert">
          <span class="error">{t('life.crsMissing')}</span>
        </p>
      )}
      <label class="row small">
        <input type="checkbox" checked={wish.repair} onChange={(event) => set({ repair: event.currentTarget.checked })} />
        {t('life.repair')}
      </label>
      {wish.repair && (
        <div class="row fields">
          <div class="field grow">
            <label for="import-tolerance">{t('life.tolerance')}</label>
            <input
              id="import-tolerance"
              class="input"
              inputMode="decimal"
              value={wish.tolerance}
              aria-invalid={wrong}
              aria-describedby={wrong ? 'import-tolerance-error' : undefined}
              onInput={(event) => set({ tolerance: event.currentTarget.value })}
            />
            {wrong && (
              <span id="import-tolerance-error" class="error">
                {t('life.toleranceError')}
              </span>
            )}
          </div>
          <div class="field grow">
            <label for="import-overlap">{t('life.overlap')}</label>
            <select id="import-overlap" class="input" value={wish.overlap} onChange={(event) => set({ overlap: event.currentTarget.value as ImportWish['overlap'] })}>
              {OVERLAPS.map((rule) => (
                <option key={rule} value={rule}>
                  {t(`life.overlap.${rule}`)}
                </option>
              ))}
            </select>
          </div>
        </div>
      )}
    </div>
  )
}
