/** Which page of the phone is open, from the address after `#`; and its language and colours. */
import { effect, signal } from '@preact/signals'
import { lang, preferredLang, type Lang } from '../../i18n'
import { store, type Theme } from '../../map/store'

export const PAGES = ['report', 'cases', 'waiting'] as const
export type Page = (typeof PAGES)[number]
export interface Route {
  page: Page
  /** Number of the case that is open. */
  no: string | null
  /** The plate whose place a report begins with. */
  plate: string | null
}

/** Reads `#/phone`, `#/phone/cases/2026-11-000123`, `#/phone/waiting`. */
export function readRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?')
  const [, page = '', no] = path.split('/')
  return {
    page: PAGES.find((one) => one === page) ?? 'report',
    no: page === 'cases' && no ? decodeURIComponent(no) : null,
    plate: new URLSearchParams(search).get('plate'),
  }
}

/** The address of a page. */
export function addressOf(page: Page, no?: string): string {
  if (page === 'report') return '#/phone'
  return `#/phone/${page}${no ? `/${encodeURIComponent(no)}` : ''}`
}

export const route = signal<Route>(readRoute(location.hash))

/** Opens a page. */
export function open(page: Page, no?: string): void {
  location.hash = addressOf(page, no)
}

const told = (hash: string, name: string): string | null => new URLSearchParams(hash.split('?')[1] ?? '').get(name)
function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`gridward.${name}`)
  } catch {
    return null
  }
}

/** Speaks the language of the account, unless another was asked for or chosen before. */
export function speak(language: Lang): void {
  if (!remembered('lang') && !told(location.hash, 'lang')) lang.value = language
}

/** Follows the address; language and colours from it, else as chosen before, else as the browser has them. */
export function startLook(): void {
  const asked = told(location.hash, 'lang') ?? remembered('lang')
  lang.value = asked === 'en' || asked === 'zh' ? (asked as Lang) : preferredLang(navigator.languages)
  const theme = told(location.hash, 'theme') ?? remembered('theme')
  const dark = matchMedia('(prefers-color-scheme: dark)').matches
  store.theme.value = theme === 'dark' || theme === 'light' ? (theme as Theme) : dark ? 'dark' : 'light'
  addEventListener('hashchange', () => (route.value = readRoute(location.hash)))
  effect(() => {
    document.documentElement.dataset.theme = store.theme.value
    document.documentElement.lang = lang.value === 'zh' ? 'zh-CN' : 'en'
  })
}
