import type { ComponentChildren, JSX } from 'preact'
import { gridByCode } from '../../api/data'
import type { Candidate, Located, LocatedCamera, LocatedStaff } from '../../api/types'
import { t, tOr } from '../../i18n'
import { distance, gridNumber, number, position } from '../../i18n/format'
import { store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { pointOf } from './located'

const WALK_M_PER_MIN = 80
const MOST_CAMERAS = 6

export function Section(props: { icon: string; title: string; side?: ComponentChildren; children: ComponentChildren }): JSX.Element {
  return (
    <section class="answer-section">
      <div class="row">
        <Icon name={props.icon} />
        <h3 class="grow">{props.title}</h3>
        {props.side && <span class="small muted">{props.side}</span>}
      </div>
      {props.children}
    </section>
  )
}

function GridAndHead({ answer }: { answer: Located }): JSX.Element {
  const accuracy = answer.point?.accuracy_m
  const near = answer.grids.find((grid) => grid.distance_m !== null)?.distance_m ?? null
  const deputies = answer.deputies.map((one) => one.work_no)
  const most = deputies.slice(0, 2).join(' ') + (deputies.length > 2 ? ` +${deputies.length - 2}` : '')
  return (
    <Section icon="map" title={t('here.gridAndHead')}>
      {answer.grids.map((grid, at) => {
        const known = gridByCode.value.get(grid.code)
        const head = grid.head?.work_no ?? (at === 0 ? answer.head?.work_no : known?.head?.work_no)
        return (
          <button type="button" class="answer-row" key={grid.id} onClick={() => (store.grid.value = grid.code)}>
            <span class="key strong">{gridNumber(grid.code)}</span>
            <span class="grow ellipsis">{grid.name || known?.name || grid.area || ''}</span>
            <span class="strong nowrap">{head ?? <span class="chip warn">{t('here.noHead')}</span>}</span>
            {at === 0 && most && <span class="small muted nowrap">{t(deputies.length > 1 ? 'here.deputies' : 'here.deputy', { list: most })}</span>}
          </button>
        )
      })}
      {answer.placement === 'ambiguous' && (
        <p class="note warn">
          <Icon name="warning" />
          {accuracy && near !== null
            ? t('here.ambiguous', { d: distance(Math.abs(near)), a: distance(accuracy) })
            : t('here.ambiguousNear')}
        </p>
      )}
      {answer.placement === 'outside' && (
        <p class="note warn">
          <Icon name="warning" />
          <span>
            <span class="strong">{t('here.outside')}</span> {t('here.outsideHint')}
          </span>
        </p>
      )}
    </Section>
  )
}

function StaffRow({ one }: { one: LocatedStaff }): JSX.Element {
  const metres = one.walk_m ?? one.straight_m
  const minutes = one.walk_m === null ? '–' : t('here.min', { n: number(Math.max(1, Math.ceil(one.walk_m / WALK_M_PER_MIN))) })
  return (
    <li class="answer-row">
      <span class="key strong nowrap">{one.work_no}</span>
      <span class="grow second ellipsis">{one.post ? tOr(`post.${one.post}`, one.post) : one.reason}</span>
      <span class="num second">{distance(metres)}</span>
      <span class="num strong minutes">{minutes}</span>
    </li>
  )
}

function Staff({ staff }: { staff: LocatedStaff[] }): JSX.Element {
  const walked = staff.some((one) => one.walk_m !== null)
  return (
    <Section icon="people" title={t('here.staff')} side={t(walked ? 'here.staffHint' : 'here.staffStraight')}>
      {staff.length === 0 && <p class="small muted">{t('here.noStaff')}</p>}
      {staff.length > 0 && !staff.some((one) => one.on_duty) && <p class="small muted">{t('here.offShift')}</p>}
      <ul>
        {staff.slice(0, 5).map((one) => (
          <StaffRow key={one.id} one={one} />
        ))}
      </ul>
    </Section>
  )
}

const chips: Record<string, [string, string]> = {
  sees: ['ok', 'here.seesIt'],
  blocked: ['', 'here.blocked'],
  'out-of-range': ['', 'here.far'],
  offline: ['', 'here.offline'],
  'looks-away': ['', 'here.away'],
  'heading-unknown': ['warn', 'here.maybe'],
  'not-computed': ['', 'here.notComputed'],
}

function CameraRow({ camera, sees }: { camera: LocatedCamera; sees: boolean }): JSX.Element {
  const name = camera.ref ?? camera.gb28181_id ?? camera.id
  const short = name.length > 9 ? `…${name.slice(-6)}` : name
  const [tone, word] = sees ? ['ok', 'here.seesIt'] : (chips[camera.reason] ?? ['', ''])
  return (
    <li>
      <button type="button" class="answer-row" title={name} onClick={() => (store.camera.value = camera.id)}>
        <Icon name="camera" />
        <span class="key nowrap">{short}</span>
        <span class="grow small muted ellipsis">
          {camera.kind && camera.kind !== 'unknown' ? tOr(`camera.kind.${camera.kind}`, camera.kind) : ''}
        </span>
        <span class="num">{distance(camera.distance_m)}</span>
        <span class={`chip ${tone} verdict`}>{word ? tOr(word, camera.reason) : camera.reason}</span>
      </button>
    </li>
  )
}

function Cameras({ answer }: { answer: Located }): JSX.Element {
  const { seeing, nearest } = answer.cameras
  const others = nearest.filter((one) => !seeing.some((other) => other.id === one.id))
  return (
    <Section icon="camera" title={t('here.cameras')} side={t('here.seeing', { n: number(seeing.length) })}>
      {seeing.length + nearest.length === 0 && <p class="small muted">{t('here.noCameras')}</p>}
      <ul>
        {seeing.slice(0, MOST_CAMERAS).map((one) => (
          <CameraRow key={one.id} camera={one} sees />
        ))}
        {others.slice(0, Math.max(2, MOST_CAMERAS - seeing.length)).map((one) => (
          <CameraRow key={one.id} camera={one} sees={false} />
        ))}
      </ul>
    </Section>
  )
}

/** What takes a place that is proposed instead of the one that was said. */
type Fix = ((at: { lon: number; lat: number }) => void) | undefined

function Candidates({ list, fix, onFix }: { list: Candidate[]; fix: boolean; onFix: Fix }): JSX.Element {
  const choose = (one: Candidate): void => {
    if (one.lon === undefined || one.lat === undefined) return
    if (onFix) return onFix({ lon: one.lon, lat: one.lat })
    store.place.value = { lon: one.lon, lat: one.lat, accuracy_m: null }
    store.goTo.value = { at: [one.lon, one.lat], zoom: 17 }
  }
  return (
    <Section icon="pin" title={t(fix ? 'here.swapped' : 'here.candidates')} side={t(fix ? 'here.swappedHint' : 'here.candidatesHint')}>
      <ul>
        {list.slice(0, 8).map((one) => (
          <li key={`${one.label ?? one.address} ${one.lon} ${one.lat}`}>
            <button type="button" class="answer-row" onClick={() => choose(one)}>
              <span class="grow strong">{one.label ?? one.address}</span>
              <span class="second ellipsis">{one.detail}</span>
            </button>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** The place told in words, for lists and screen readers. */
function Words({ answer }: { answer: Located }): JSX.Element {
  const point = pointOf(answer)
  const [first, second] = answer.grids
  const accuracy = answer.point?.accuracy_m
  return (
    <Section icon="pin" title={t('here.placeInWords')}>
      <dl class="facts">
        {point && (
          <>
            <dt>{t('here.position')}</dt>
            <dd>
              {position(point.lon, point.lat)}
              {accuracy ? ` · ± ${distance(accuracy)}` : ''}
            </dd>
          </>
        )}
        {first && (
          <>
            <dt>
              {t('grid.grid')} {gridNumber(first.code)}
            </dt>
            <dd>
              {first.distance_m === null ? first.name || first.code : t(first.contains === false ? 'here.toBorder' : 'here.fromBorder', { d: distance(Math.abs(first.distance_m)) })}
            </dd>
          </>
        )}
        {second && (
          <>
            <dt>
              {t('grid.grid')} {gridNumber(second.code)}
            </dt>
            <dd>{second.distance_m === null ? second.name || second.code : t(second.contains ? 'here.fromBorder' : 'here.toBorder', { d: distance(Math.abs(second.distance_m)) })}</dd>
          </>
        )}
      </dl>
    </Section>
  )
}

/** The whole answer; the order of its parts never changes. */
export function Answer({ answer, onFix }: { answer: Located; onFix?: Fix }): JSX.Element {
  return (
    <>
      <Words answer={answer} />
      {answer.candidates.length > 0 && <Candidates list={answer.candidates} fix={answer.hint === 'swapped'} onFix={onFix} />}
      {answer.hint === 'placeholder' && (
        <p class="note warn">
          <Icon name="warning" />
          {t('here.placeholder')}
        </p>
      )}
      {answer.point && <GridAndHead answer={answer} />}
      {answer.component && (
        <Section icon="owner" title={t('here.component')} side={distance(answer.component.distance_m)}>
          <p class="answer-row">
            <span class="grow strong">{answer.component.kind ?? answer.component.code16}</span>
            <span>{answer.component.owner_unit}</span>
          </p>
        </Section>
      )}
      <Staff staff={answer.staff} />
      <Cameras answer={answer} />
    </>
  )
}
