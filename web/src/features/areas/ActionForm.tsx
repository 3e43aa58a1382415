import { batch } from '@preact/signals'
import type { JSX } from 'preact'
import { useLayoutEffect, useState } from 'preact/hooks'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { listMode, store } from '../../map/store'
import { SelectField, TextField } from '../../ui/fields'
import { Icon } from '../../ui/Icon'
import { ErrorNote } from '../../ui/states'
import { drawnOf, draws, freeCode, readPlaces, writePlaces, type Doing, type Listed } from './actions'
import { draw, type AreaAction } from './areas'
import { placeOf } from '../../api/client'
import { actions, chosen, closeForm, decision, drawing, fault, listed, places, redrawn, ring, told } from './compose'

const named = (one: Listed): readonly [string, string] => [one.code, `${one.name} (${one.code})`]

function Drawing({ doing }: { doing: Doing }): JSX.Element {
  const [typed, setTyped] = useState<string | null>(null)
  const wrong = typed !== null && readPlaces(typed) === null
  const type = (text: string): void => {
    setTyped(text)
    const read = readPlaces(text)
    if (read) places.value = read
  }
  return (
    <fieldset class="area-picker">
      <legend class="small strong">{t(doing === 'split' ? 'areas.drawCut' : ring.value ? 'areas.drawGround' : 'areas.drawBorder')}</legend>
      {doing === 'transfer' && (
        <div class="row" role="group" aria-label={t('areas.drawWhat')}>
          {([false, true] as const).map((one) => (
            <button key={String(one)} type="button" class="button" aria-pressed={ring.value === one} onClick={() => (ring.value = one)}>
              {t(one ? 'areas.asGround' : 'areas.asBorder')}
            </button>
          ))}
        </div>
      )}
      {!listMode.value && (
        <div class="row wrap">
          <button
            type="button"
            class="button"
            aria-pressed={drawing.value}
            onClick={() => {
              drawing.value = !drawing.value
              setTyped(null)
              if (drawing.value) {
                store.phoneMap.value = true
                document.querySelector<HTMLElement>('#map-canvas')?.focus()
              }
            }}
          >
            <Icon name="edit" />
            {t(drawing.value ? 'areas.drawDone' : 'areas.drawStart')}
          </button>
          <button type="button" class="button" aria-disabled={places.value.length === 0} onClick={() => (places.value = places.value.slice(0, -1))}>
            <Icon name="undo" />
            {t('areas.drawUndo')}
          </button>
          <span class="small muted" role="status">
            {t('areas.drawn', { n: number(places.value.length) })}
          </span>
        </div>
      )}
      <TextField
        id="area-places"
        label={t('areas.places')}
        rows={2}
        hint={t('areas.placesHint')}
        error={wrong ? t('areas.placesError') : null}
        value={typed ?? writePlaces(places.value)}
        onInput={type}
      />
    </fieldset>
  )
}

interface Fields {
  code: string
  name: string
  /** Of a transfer: which of the two gives. */
  giver: string
}

/** The action as the form says it; null while something is missing. */
function actionOf(doing: Doing, codes: readonly string[], fields: Fields): AreaAction | null {
  const drawn = draws(doing) ? drawnOf(places.value, doing === 'transfer' && ring.value) : null
  if (draws(doing) && !drawn) return null
  const order = doing === 'transfer' ? [fields.giver, ...codes.filter((one) => one !== fields.giver)] : [...codes]
  const wantsCode = doing === 'merge' || doing === 'split' || doing === 'renumber'
  const wantsName = doing === 'merge' || doing === 'split' || doing === 'rename'
  if ((wantsCode && !fields.code.trim()) || (wantsName && !fields.name.trim())) return null
  return { kind: doing, areas: order, code: wantsCode ? fields.code.trim() : '', name: wantsName ? fields.name.trim() : '', drawn }
}

function first(doing: Doing, of: readonly Listed[]): Fields {
  const one = of[0]
  const like = one?.code ?? ''
  return {
    code: doing === 'merge' ? like : freeCode(listed.peek(), like),
    name: doing === 'merge' || doing === 'rename' ? (one?.name ?? '') : '',
    giver: like,
  }
}

/** Asks for what an action needs, and lets the server try it with those before. */
export function ActionForm({ doing }: { doing: Doing }): JSX.Element {
  const codes = chosen.value
  const of = codes.map((one) => listed.value.find((area) => area.code === one)).filter((one): one is Listed => one !== undefined)
  const [fields, setFields] = useState(() => first(doing, of))
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const set = (part: Partial<Fields>): void => setFields((before) => ({ ...before, ...part }))
  const made = actionOf(doing, codes, fields)
  // before the next key can land: an effect after painting could take the focus back from the map
  useLayoutEffect(() => {
    document.querySelector<HTMLElement>('.action-form input, .action-form select, .action-form button')?.focus()
    const box = of[0]?.bbox
    if (draws(doing) && box) store.goTo.value = { bbox: box }
  }, [])
  const add = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (!made || busy) return
    setBusy(true)
    setFailure(null)
    try {
      const all = [...actions.value, made]
      const answer = await draw(decision.value, all, true, redrawn.value)
      batch(() => {
        actions.value = all
        told.value = answer
        chosen.value = []
        closeForm()
      })
    } catch (cause) {
      setFailure(cause)
      fault.value = placeOf(cause)
      setBusy(false)
    }
  }
  return (
    <form class="stack action-form" aria-label={t(`areas.do.${doing}`)} onSubmit={(event) => void add(event)}>
      <h3 class="strong">
        {t(`areas.do.${doing}`)}: {of.map((one) => one.name).join(', ')}
      </h3>
      {doing === 'transfer' && <SelectField id="area-giver" label={t('areas.giver')} value={fields.giver} options={of.map(named)} onChange={(giver) => set({ giver })} />}
      {doing === 'merge' && (
        <SelectField id="area-heir" label={t('areas.heir')} hint={t('areas.heirHint')} value={codes.includes(fields.code) ? fields.code : ''} options={[...of.map(named), ['', t('areas.newCode')]]} onChange={(code) => set({ code: code || freeCode(listed.peek(), codes[0] ?? '') })} />
      )}
      {(doing === 'split' || doing === 'renumber' || (doing === 'merge' && !codes.includes(fields.code))) && (
        <TextField id="area-code" label={t(doing === 'split' ? 'areas.smallerCode' : 'areas.newCode')} maxLength={20} value={fields.code} onInput={(code) => set({ code })} />
      )}
      {(doing === 'split' || doing === 'rename' || doing === 'merge') && (
        <TextField id="area-name" label={t(doing === 'split' ? 'areas.smallerName' : 'grid.name')} hint={doing === 'split' ? t('areas.smallerHint') : undefined} maxLength={200} value={fields.name} onInput={(name) => set({ name })} />
      )}
      {draws(doing) && <Drawing doing={doing} />}
      {failure !== null && <ErrorNote error={failure} />}
      <div class="row">
        <button type="submit" class="button primary" aria-disabled={!made || busy}>
          {t('areas.add')}
        </button>
        <button type="button" class="button" onClick={closeForm}>
          {t('common.cancel')}
        </button>
        {!made && <span class="small muted">{t('areas.incomplete')}</span>}
      </div>
    </form>
  )
}
