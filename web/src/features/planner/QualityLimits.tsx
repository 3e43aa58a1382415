import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { lang, t } from '../../i18n'
import { ErrorNote } from '../../ui/states'
import { toast } from '../../ui/toast'
import { editingLimits, meant, saveLimits, shown, unitWord, type LimitPair, type Quality, type QualityFigure } from './quality'

type Typed = Record<string, { ok: string; watch: string }>

const typedOf = (figures: readonly QualityFigure[]): Typed =>
  Object.fromEntries(figures.map((figure) => [figure.id, { ok: String(shown(figure.ok ?? 0, figure.unit)), watch: String(shown(figure.watch ?? 0, figure.unit)) }]))

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text)) && Number(text) >= 0

/** Whether both limits are numbers, and watching begins beyond what is good. */
export function fits(figure: QualityFigure, pair: { ok: string; watch: string }): boolean {
  if (!isNumber(pair.ok) || !isNumber(pair.watch)) return false
  return figure.better === 'less' ? Number(pair.watch) >= Number(pair.ok) : Number(pair.watch) <= Number(pair.ok)
}

/** The limits that figures are judged by; saved for all plans of this kind in the territory. */
export function QualityLimits({ data }: { data: Quality }): JSX.Element {
  const judged = data.figures.filter((figure) => figure.better !== null)
  const [typed, setTyped] = useState<Typed>(() => typedOf(judged))
  const [failure, setFailure] = useState<unknown>(null)
  const wrong = judged.filter((figure) => !fits(figure, typed[figure.id] ?? { ok: '', watch: '' }))
  const before = typedOf(judged)

  const save = async (limits: Record<string, LimitPair>): Promise<void> => {
    try {
      await saveLimits(limits)
      editingLimits.value = false
      toast(t('quality.saved'))
    } catch (cause) {
      setFailure(cause)
    }
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (wrong.length) return
    const own = judged.filter((figure) => figure.own || JSON.stringify(typed[figure.id]) !== JSON.stringify(before[figure.id]))
    void save(
      Object.fromEntries(
        own.map((figure) => {
          const pair = typed[figure.id] ?? { ok: '0', watch: '0' }
          return [figure.id, { ok: meant(Number(pair.ok), figure.unit), watch: meant(Number(pair.watch), figure.unit) }]
        }),
      ),
    )
  }
  const input = (figure: QualityFigure, side: 'ok' | 'watch'): JSX.Element => (
    <input
      class="input"
      inputMode="decimal"
      aria-label={`${figure.title[lang.value]}: ${t(`quality.limit.${side}`)} ${unitWord(figure.unit)}`}
      aria-invalid={wrong.includes(figure)}
      value={typed[figure.id]?.[side] ?? ''}
      onInput={(event) => {
        const { value } = event.currentTarget
        setTyped((now) => ({ ...now, [figure.id]: { ...(now[figure.id] ?? { ok: '', watch: '' }), [side]: value } }))
      }}
    />
  )
  return (
    <form class="quality-limits" aria-label={t('quality.limits')} onSubmit={submit}>
      <p class="small muted">{t('quality.limitsHint')}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('quality.figure')}</th>
            <th scope="col">{t('quality.limit.ok')}</th>
            <th scope="col">{t('quality.limit.watch')}</th>
          </tr>
        </thead>
        <tbody>
          {judged.map((figure) => (
            <tr key={figure.id}>
              <th scope="row">
                {figure.title[lang.value]} <span class="muted">{[figure.better === 'less' ? '≤' : '≥', unitWord(figure.unit)].join(' ')}</span>
              </th>
              <td>{input(figure, 'ok')}</td>
              <td>{input(figure, 'watch')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {wrong.length > 0 && (
        <p class="small bad" role="alert">
          {t('quality.limitsWrong', { name: wrong.map((figure) => figure.title[lang.value]).join(', ') })}
        </p>
      )}
      {failure !== null && <ErrorNote error={failure} />}
      <div class="row wrap">
        <button type="submit" class="button primary" aria-disabled={wrong.length > 0}>
          {t('common.save')}
        </button>
        <button type="button" class="button" onClick={() => (editingLimits.value = false)}>
          {t('common.cancel')}
        </button>
        <button type="button" class="button quiet" aria-disabled={!judged.some((figure) => figure.own)} onClick={() => void save({})}>
          {t('quality.usual')}
        </button>
      </div>
    </form>
  )
}
