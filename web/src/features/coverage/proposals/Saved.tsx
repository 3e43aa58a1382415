import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { lang, t, tOr } from '../../../i18n'
import { gridNumber, moment, number, share } from '../../../i18n/format'
import { AskTwice } from '../../../ui/AskTwice'
import { Icon } from '../../../ui/Icon'
import { ErrorNote } from '../../../ui/states'
import { report } from '../desk'
import { count } from '../figures'
import type { Placement } from '../types'
import { current, placements } from '../whatif/keep'
import { opened } from '../whatif/state'
import { plus } from '../whatif/WhatIfCard'
import { besideFigures } from './beside'
import { beside, compareBeside, openById, remove, rename } from './list'

function figuresOf({ summary: s }: Placement): string {
  const streets = report.value?.summary.streets_m
  const parts = [
    t('place.cameras', { n: number(s.cameras) }),
    `${share(s.seen_m_before, streets)} → ${share(s.seen_m_after, streets)} %`,
    t('place.places', { a: count(s.places_seen_before), b: count(s.places_seen_after) }),
  ]
  if (s.gap !== null && s.gap !== undefined) parts.push(t('place.gap', { share: number(s.gap * 100, 2) }))
  if (s.cover !== null && s.cover !== undefined) {
    parts.push(t('place.covers', { share: number(Math.floor(s.cover * 1000) / 10, 1) }))
    if (s.reached === false) parts.push(t('place.short'))
    if (s.least_cost !== null && s.least_cost !== undefined) parts.push(t('place.leastCost', { n: number(s.least_cost) }))
  }
  if (s.cost && s.currency) parts.push(`${number(s.cost)} ${s.currency}`)
  return parts.join(' · ')
}

function RenameForm({ of, done }: { of: Placement; done: () => void }): JSX.Element {
  const [text, setText] = useState(of.name)
  const bad = text.trim() === ''
  return (
    <form
      class="row pad-small"
      onSubmit={(event) => {
        event.preventDefault()
        if (!bad) void rename(of, text.trim()).then((saved) => saved && done())
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        done()
      }}
    >
      <label class="grow">
        <span class="visually-hidden">{t('place.name')}</span>
        <input class="input" maxLength={200} value={text} aria-invalid={bad} ref={(box) => box?.focus()} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button" aria-disabled={bad}>
        {t('place.nameOnly')}
      </button>
    </form>
  )
}

function Row({ one }: { one: Placement }): JSX.Element {
  const [naming, setNaming] = useState(false)
  const open = opened.value?.id === one.id
  const compared = beside.value?.id === one.id
  return (
    <li>
      <div class="row">
        <button type="button" class="answer-row" aria-current={open} onClick={() => void openById(one.id)}>
          <span class="grow">
            <span class="strong block ellipsis">{one.name}</span>
            <span class="small muted block">{figuresOf(one)}</span>
          </span>
          <span class="small muted nowrap">{moment(one.created_at)}</span>
        </button>
        <button type="button" class="button quiet icon-only" aria-label={t('place.rename', { name: one.name })} aria-expanded={naming} data-tip={t('place.nameOnly')} onClick={() => setNaming(!naming)}>
          <Icon name="edit" />
        </button>
        {current.value && opened.value && !open && (
          <button type="button" class="button quiet icon-only" aria-label={t('place.beside', { name: one.name })} aria-pressed={compared} data-tip={t('cov.compare')} onClick={() => void compareBeside(one.id)}>
            <Icon name="compare" />
          </button>
        )}
        <AskTwice name={t('place.delete', { name: one.name })} usual="button quiet icon-only" act={() => void remove(one)}>
          <Icon name="close" />
        </AskTwice>
      </div>
      {naming && <RenameForm of={one} done={() => setNaming(false)} />}
      {open && current.value && <Notes of={current.value} />}
    </li>
  )
}

/** Two proposals in figures: what is open, what stands beside it, and the difference. */
function Beside(): JSX.Element | null {
  const [a, b] = [current.value, beside.value]
  if (!a || !b || opened.value?.id !== a.id) return null
  const rows = besideFigures(a.summary, b.summary, report.value?.summary.streets_m ?? NaN)
  return (
    <section class="stack" data-testid="beside" aria-label={t('place.besideTitle')}>
      <div class="row">
        <h3 class="grow">{t('place.besideTitle')}</h3>
        <button type="button" class="button quiet icon-only" aria-label={t('place.besideStop')} onClick={() => void compareBeside(null)}>
          <Icon name="close" />
        </button>
      </div>
      <table class="table plain">
        <thead>
          <tr>
            <th scope="col">{t('place.figure')}</th>
            <th scope="col" class="num ellipsis beside-name" title={a.name}>
              {a.name}
            </th>
            <th scope="col" class="num ellipsis beside-name" title={b.name}>
              {b.name}
            </th>
            <th scope="col" class="num">
              {t('place.difference')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{t(`place.figure.${row.name}`)}</th>
              <td class="num">{number(row.a, row.digits)}</td>
              <td class="num">{number(row.b, row.digits)}</td>
              <td class="num">{plus(row.b - row.a, row.digits)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="small muted">{t('place.besideHint')}</p>
    </section>
  )
}

/** Proposals that are kept: opened, named, put beside each other, deleted. */
export function Saved(): JSX.Element | null {
  const all = placements.data.value
  if (placements.error.value) return <ErrorNote error={placements.error.value} retry={() => void placements.load()} />
  if (!all || all.length === 0) return null
  return (
    <section class="pad stack" aria-labelledby="saved-title">
      <h2 id="saved-title">{t('place.saved')}</h2>
      <Beside />
      <ul class="lines">
        {all.map((one) => (
          <Row key={one.id} one={one} />
        ))}
      </ul>
    </section>
  )
}

/** What the search left out, and what it promises. */
function Notes({ of }: { of: Placement }): JSX.Element {
  const s = of.summary
  const refused = Object.entries(s.refused ?? {}).filter(([, many]) => many > 0)
  const note = lang.value === 'zh' ? s.note_zh : s.note_en
  return (
    <div class="small second stack pad-small">
      {note && <p>{note}</p>}
      {s.candidates > 0 && <p>{t('place.candidates', { n: number(s.candidates), refused: refused.map(([why, many]) => `${tOr(`place.refused.${why}`, why)} ${number(many)}`).join(', ') || '0' })}</p>}
      {s.minima.map((one) => (
        <p key={one.area}>{t('place.minimum', { name: one.name, placed: one.placed, least: one.least })}</p>
      ))}
      <ol class="cameras-of">
        {(of.cameras ?? []).slice(0, 50).map((one) => (
          <li key={one.rank}>
            {t('place.line', { n: one.rank, grid: one.grid_code ? gridNumber(one.grid_code) : '–', mount: tOr(`mount.${one.mount}`, one.mount), gain: number(one.gain, 1) })}
          </li>
        ))}
      </ol>
    </div>
  )
}
