import { signal } from '@preact/signals'
import { en, type Key } from './en'
import { zh } from './zh'

export type Lang = 'en' | 'zh'
export type { Key }

const words: Record<Lang, Record<Key, string>> = { en, zh }

/** The language on screen. */
export const lang = signal<Lang>('en')

/** Fills `{name}` places of a sentence; `{name:case|cases}` takes the first word for one, the second for any other number. */
export function fill(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)(?::([^{}|]*)\|([^{}|]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    const value = values[name]
    if (value === undefined) return whole
    if (one === undefined || many === undefined) return String(value)
    return String(value) === '1' ? one : many
  })
}

/** The words for a key in the language on screen. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill(words[lang.value][key], values)
}

/** The words for a key that the server made up (`state.opened`), or the server's own word. */
export function tOr(key: string, fallback: string): string {
  return words[lang.value][key as Key] ?? fallback
}

/** The first language of the browser that the product speaks. */
export function preferredLang(languages: readonly string[]): Lang {
  for (const tag of languages) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh'
    if (tag.toLowerCase().startsWith('en')) return 'en'
  }
  return 'en'
}
