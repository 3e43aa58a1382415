import type { JSX } from 'preact'
import { t, tOr } from '../../../i18n'
import { bytes } from '../../../i18n/format'
import { CheckField, FileField, SelectField, TextField } from '../../../ui/fields'
import { badTolerance, MOST_BYTES, type ImportWish } from './importing'

const KINDS = ['household', 'natural_village', 'micro', 'ten_household', 'police', 'safety', 'cell'] as const
const SYSTEMS = ['wgs84', 'cgcs2000', 'gcj02', 'bd09'] as const
const OVERLAPS = ['border', 'first', 'smaller'] as const

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
  const text = (name: 'name' | 'code' | 'title' | 'crs', words: string, placeholder?: string, list?: string): JSX.Element => (
    <TextField id={`import-${name}`} label={words} value={wish[name]} list={list} placeholder={placeholder} invalid={name === 'crs' && systemMissing} onInput={(value) => set({ [name]: value })} />
  )
  return (
    <div class="stack pad">
      <FileField
        id="import-file"
        label={t('life.file')}
        error={large ? t('life.fileLarge', { size: bytes(file.size) }) : null}
        hint={t('life.fileHint')}
        accept=".geojson,.json,.gpkg,.zip,.csv"
        onFiles={(files) => choose(files[0] ?? null)}
      />
      <div class="row fields">
        <SelectField id="import-kind" label={t('planner.kind')} value={wish.kind} options={KINDS.map((kind) => [kind, tOr(`planKind.${kind}`, kind)])} onChange={(kind) => set({ kind })} />
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
      <CheckField words={t('life.repair')} on={wish.repair} change={(repair) => set({ repair })} />
      {wish.repair && (
        <div class="row fields">
          <TextField id="import-tolerance" label={t('life.tolerance')} inputMode="decimal" error={wrong ? t('life.toleranceError') : null} value={wish.tolerance} onInput={(tolerance) => set({ tolerance })} />
          <SelectField
            id="import-overlap"
            label={t('life.overlap')}
            value={wish.overlap}
            options={OVERLAPS.map((rule) => [rule, t(`life.overlap.${rule}`)])}
            onChange={(overlap) => set({ overlap: overlap as ImportWish['overlap'] })}
          />
        </div>
      )}
    </div>
  )
}
