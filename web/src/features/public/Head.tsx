import type { JSX } from 'preact'
import { lang, t } from '../../i18n'
import { setLang, setTheme, store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { Logo } from '../../ui/Logo'

/** The head of a public page: what it is, language and colours. */
export function Head({ title }: { title: string }): JSX.Element {
  const dark = store.theme.value === 'dark'
  return (
    <header class="phone-head">
      <Logo />
      <h1>{title}</h1>
      <button type="button" class="button quiet" lang={lang.value === 'zh' ? 'en' : 'zh-CN'} onClick={() => setLang(lang.value === 'zh' ? 'en' : 'zh')}>
        {t('nav.language')}
      </button>
      <button type="button" class="button quiet icon-only" aria-label={t(dark ? 'nav.theme.light' : 'nav.theme.dark')} onClick={() => setTheme(dark ? 'light' : 'dark')}>
        <Icon name={dark ? 'sun' : 'moon'} />
      </button>
    </header>
  )
}
