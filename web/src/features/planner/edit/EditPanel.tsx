import type { JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { planGrids } from '../../../api/data'
import { t } from '../../../i18n'
import { distance, number, position } from '../../../i18n/format'
import { listMode } from '../../../map/store'
import { readPosition } from '../../../map/geometry'
import { Icon } from '../../../ui/Icon'
import { arcOf, atomsBeside, type BorderState, type LineState, type MergeState, type PickState, type Scene } from './modes'
import { lengthOf, type XY } from './plane'
import { mode, panelOpen, preview, proposal, scene } from './state'
import { act, keepProposal, stepBack } from './tools'
import { borders, neighbours } from './topology'
import { atomNumber, nameOf, numberOf, sideWords, toolName } from './words'

interface Item {
  key: string
  words: string
  chosen: boolean
}

/** A list that arrows walk: Enter or Space takes what has the focus. */
function Choice({ name, items, many, onTake, grabs }: { name: string; items: Item[]; many?: boolean; onTake: (key: string) => void; grabs?: boolean }): JSX.Element {
  const list = useRef<HTMLUListElement>(null)
  // by its key: what is marked goes to the top of some lists
  const [at, setAt] = useState<string | null>(null)
  const chosen = items.findIndex((item) => item.chosen)
  const here = Math.max(many || chosen < 0 ? items.findIndex(({ key }) => key === at) : chosen, 0)
  useLayoutEffect(() => {
    if (chosen < 0 || many) return
    const one = list.current?.children[chosen] as HTMLElement | undefined
    one?.scrollIntoView({ block: 'nearest' })
    // , and . choose another: who hears the list hears which
    if (list.current?.contains(document.activeElement)) one?.focus()
  }, [chosen])
  const held = useRef<string | null>(null)
  useLayoutEffect(() => {
    if (held.current === null || items.some(({ key }) => key === held.current)) return
    held.current = null
    // the item in hand went away as the ground was fetched anew: the next key must find another
    if (document.activeElement === document.body) list.current?.querySelectorAll<HTMLElement>('[role="option"]')[here]?.focus()
  })
  const focus = (next: number): void => {
    const to = Math.min(Math.max(next, 0), items.length - 1)
    setAt(items[to]?.key ?? null)
    if (!many && items[to]) onTake(items[to].key)
    // at once: the next key must find it
    list.current?.querySelectorAll<HTMLElement>('[role="option"]')[to]?.focus()
  }
  const onKeyDown = (event: KeyboardEvent, k: number): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    const way = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e6, End: 1e6 }[event.key]
    const item = items[k]
    if (way) focus(k + way)
    else if ((event.key === 'Enter' || event.key === ' ') && item && !(grabs && event.key === 'Enter')) onTake(item.key)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <ul class="choice-list" role="listbox" aria-label={name} aria-multiselectable={many} ref={list}>
      {items.map((item, k) => (
        <li
          key={item.key}
          role="option"
          aria-selected={item.chosen}
          tabIndex={k === here ? 0 : -1}
          onClick={() => {
            setAt(item.key)
            onTake(item.key)
          }}
          onFocus={() => {
            held.current = item.key
            setAt(item.key)
          }}
          onBlur={(event) => event.relatedTarget && (held.current = null)}
          onKeyDown={(event) => onKeyDown(event, k)}
        >
          {many && <Icon name={item.chosen ? 'check' : 'plus'} />}
          {item.words}
        </li>
      ))}
    </ul>
  )
}

function Coordinates({ label, act: go, start }: { label: string; act: (at: XY) => void; start: string }): JSX.Element {
  const field = useRef<HTMLInputElement>(null)
  const [bad, setBad] = useState(false)
  // before the next key: an effect after painting would wipe out what was typed meanwhile
  useLayoutEffect(() => {
    if (field.current) field.current.value = start
  }, [start])
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const found = readPosition(field.current?.value ?? '')
    const here = scene.peek()
    setBad(!found)
    if (found && here) go(here.topology.plane.to([found.lon, found.lat]))
  }
  // S puts the hand here: Esc leads out again, what was typed goes first
  const back = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.isComposing || !field.current) return
    event.preventDefault()
    event.stopPropagation()
    const typed = field.current.value !== start
    if (typed) field.current.value = start
    setBad(false)
    if (!typed) stepBack()
  }
  return (
    <form class="row coordinates" onSubmit={submit}>
      <label class="field grow">
        <span class="label">{t('edit.coordinates')}</span>
        <input class="input" ref={field} aria-invalid={bad} onKeyDown={back} />
        {bad && <span class="error">{t('edit.coordinatesBad')}</span>}
      </label>
      <button type="submit" class="button">
        {label}
      </button>
    </form>
  )
}

function BorderLists({ state, here }: { state: BorderState; here: Scene }): JSX.Element {
  const mine = borders(here.topology).filter(({ left, right }) => !here.grid || left === here.grid || right === here.grid)
  const arc = arcOf(state, here.topology)
  const { from } = here.topology.plane
  const at = (xy: XY): string => position(...from(xy))
  const corners = arc?.closed ? state.line.slice(0, -1) : state.line
  const place = state.vertex !== null ? state.line[state.vertex] : undefined
  const shown = mine.some(({ key }) => key === state.arc) || !arc ? mine : [arc, ...mine]
  const say = (xy: XY, k: number): string => {
    const node = here.topology.nodes.get(String(arc?.at[arc.xy.indexOf(xy)] ?? ''))
    return node ? t('edit.node', { n: k + 1, g: node.grids.length, at: at(xy) }) : t('edit.vertex', { n: k + 1, at: at(xy) })
  }
  return (
    <>
      <h3>{t('edit.borders')}</h3>
      <Choice
        name={t('edit.borders')}
        items={shown.map((one) => ({ key: one.key, chosen: one.key === state.arc, words: t('edit.border', { a: numberOf(one.left), b: numberOf(one.right), m: distance(lengthOf(one.xy)), n: one.xy.length }) }))}
        onTake={(key) => key !== state.arc && act({ kind: 'arc', key })}
      />
      {arc && (
        <>
          <h3>{t('edit.vertices')}</h3>
          <Choice
            name={t('edit.vertices')}
            grabs
            items={corners.map((xy, k) => ({ key: String(k), chosen: k === state.vertex, words: say(xy, k) }))}
            onTake={(key) => act({ kind: 'vertex', index: Number(key) })}
          />
          <p class="small second" role="status">
            {state.grabbed && state.vertex !== null ? t('edit.grabbed', { n: state.vertex + 1 }) : t('edit.vertexKeys')}
          </p>
          {place && <Coordinates label={t('edit.moveThere')} start={at(place)} act={(xy) => act({ kind: 'place', at: xy })} />}
          <p class="row wrap">
            <button type="button" class="button primary" onClick={() => act({ kind: 'finish' })}>
              {t('edit.keep')}
            </button>
            <button type="button" class="button" aria-disabled={state.vertex === null} onClick={() => act({ kind: 'insert' })}>
              {t('edit.insert')}
            </button>
            <button type="button" class="button" aria-disabled={state.vertex === null} onClick={() => act({ kind: 'remove' })}>
              {t('edit.remove')}
            </button>
            <button type="button" class="button quiet" onClick={() => act({ kind: 'back' })}>
              {t('edit.putBack')}
            </button>
          </p>
        </>
      )}
    </>
  )
}

function LineLists({ state, here }: { state: LineState; here: Scene }): JSX.Element {
  const { from } = here.topology.plane
  const enough = state.points.length >= (state.tool === 'split' ? 2 : 3)
  return (
    <>
      <h3>{t('edit.points')}</h3>
      <ol class="small points">
        {state.points.map((at, k) => (
          <li key={k}>{position(...from(at))}</li>
        ))}
      </ol>
      <Coordinates label={t('edit.addPoint')} start="" act={(at) => act({ kind: 'place', at })} />
      <p class="row wrap">
        {state.tool !== 'measure' && (
          <button type="button" class="button primary" aria-disabled={!enough} onClick={() => act({ kind: 'finish' })}>
            {t(state.tool === 'split' ? 'edit.cut' : 'edit.make')}
          </button>
        )}
        <button type="button" class="button" onClick={() => act({ kind: 'remove' })}>
          {t('edit.removePoint')}
        </button>
      </p>
    </>
  )
}

function GridLists({ state, here }: { state: MergeState; here: Scene }): JSX.Element {
  const near = state.tool === 'merge' && state.grids.length ? state.grids.flatMap((id) => neighbours(here.topology, id)) : [...here.topology.atomsOf.keys()]
  const ids = [...new Set([...state.grids, ...near])]
  return (
    <>
      <h3>{t(state.tool === 'merge' ? 'edit.gridsTouching' : 'edit.grids')}</h3>
      <Choice
        many
        name={t('edit.gridsTouching')}
        items={ids.map((id) => ({ key: id, chosen: state.grids.includes(id), words: `${numberOf(id)} ${nameOf(id)}` }))}
        onTake={(id) => act({ kind: 'grid', id })}
      />
      <p class="row">
        <button type="button" class="button primary" aria-disabled={state.grids.length < 2} onClick={() => (proposal.value ? void keepProposal() : act({ kind: 'finish' }))}>
          {proposal.value ? t('edit.keepIt') : state.tool === 'merge' ? (state.grids.length < 2 ? t('edit.mergeMore') : t('edit.mergeDo', { n: state.grids.length })) : t('edit.improveDo')}
        </button>
      </p>
    </>
  )
}

function AtomList({ state, here }: { state: PickState; here: Scene }): JSX.Element {
  if (!state.to) return <p class="note info">{t('edit.selectFirst')}</p>
  const ids = atomsBeside(here, state.to, state.picked)
  const words = (id: number): string => {
    const place = here.topology.places.get(id)
    return t('edit.atom', { id: atomNumber(id), g: numberOf(place?.atom.grid), n: number(place?.atom.households), ha: number((place?.area_m2 ?? 0) / 10_000, 2) })
  }
  return (
    <>
      <h3>{t('edit.atoms', { n: numberOf(state.to) })}</h3>
      <Choice many name={t('edit.atoms', { n: numberOf(state.to) })} items={ids.map((id) => ({ key: String(id), chosen: state.picked.includes(id), words: words(id) }))} onTake={(key) => act({ kind: 'atom', id: Number(key) })} />
      <p class="row">
        <button type="button" class="button primary" aria-disabled={state.picked.length === 0} onClick={() => act({ kind: 'finish' })}>
          {t('edit.give', { n: state.picked.length, g: numberOf(state.to) })}
        </button>
      </p>
    </>
  )
}

/** Where the hand begins in the lists of a tool. */
const firstOf = (box: HTMLElement | null): HTMLElement | null | undefined => {
  const lists = box?.querySelector('.edit-lists')
  return lists?.querySelector<HTMLElement>('[role="option"][tabindex="0"]') ?? lists?.querySelector<HTMLElement>('input, button')
}

/** Takes the focus into the lists when a letter chose the tool from a list, and gives it back to the table. */
function Focus({ on, ready, open, children }: { on: string; ready: boolean; open: boolean; children: JSX.Element }): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const inside = useRef(false)
  // before the next key: after painting, a quick hand's keys would still go to the table
  useLayoutEffect(() => {
    const from = document.activeElement
    const inTable = from instanceof HTMLElement && from.closest('table, .edit-panel') !== null
    if (!ready || !open || !(inTable || from === document.body)) return
    firstOf(box.current)?.focus()
  }, [on, ready])
  useLayoutEffect(() => {
    // Esc let go of a border, and the list of its vertices is gone: the next key must find another
    if (inside.current && document.activeElement === document.body) firstOf(box.current)?.focus()
  })
  useLayoutEffect(
    () => () => {
      void Promise.resolve().then(() => document.activeElement === document.body && document.querySelector<HTMLElement>('table tbody tr[tabindex="0"]')?.focus())
    },
    [],
  )
  return (
    <div ref={box} style={{ display: 'contents' }} onFocusCapture={() => (inside.current = true)} onBlurCapture={(event) => event.relatedTarget && (inside.current = false)}>
      {children}
    </div>
  )
}

/** The tool in hand by lists and keys: all that the map does, without it. */
export function EditPanel(): JSX.Element | null {
  const state = mode.value
  const here = scene.value
  const now = preview.value
  const tolerance = planGrids.data.value?.tolerance ?? 0.1
  if (state.tool === 'select') return null
  const open = panelOpen.value || listMode.value
  return (<Focus on={state.tool} ready={here !== null} open={open}>
    <section class={`edit-panel ${open ? 'open' : ''}`} aria-label={t('edit.panel', { tool: toolName(state.tool) })}>
      <div class="row">
        <h2 class="grow">
          <button type="button" class="link panel-focus" aria-expanded={open} onClick={() => (panelOpen.value = !open)}>
            <Icon name={open ? 'down' : 'list'} />
            {t('edit.panel', { tool: toolName(state.tool) })}
          </button>
        </h2>
        <button type="button" class="button quiet icon-only" aria-label={t('common.close')} onClick={stepBack}>
          <Icon name="close" />
        </button>
      </div>
      {open && <div class="edit-lists">
      {!here && <p class="small second">{t('edit.loading')}</p>}
      {here && state.tool === 'border' && <BorderLists state={state} here={here} />}
      {here && (state.tool === 'split' || state.tool === 'draw' || state.tool === 'measure') && <LineLists state={state} here={here} />}
      {here && (state.tool === 'merge' || state.tool === 'improve') && <GridLists state={state} here={here} />}
      {here && 'to' in state && <AtomList state={state} here={here} />}
      {now && <ul class="small second">{now.sides.map((side, k) => <li key={k}>{sideWords(side, tolerance, now.fresh ? (['A', 'B'][k] ?? null) : null)}</li>)}</ul>}
      </div>}
    </section>
    </Focus>
  )
}
