import type { InboxMessage } from './messages';

/** Nothing is loaded and no script runs; a message's own HTML is shown in a sandboxed frame. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** For the frame: inline styles of letters are shown, everything else is shut out. */
export const LETTER_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox";

/** Style sheet of the pages. */
export const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
body { margin: 0 auto; padding: 1rem; max-width: 48rem; }
h1 { font-size: 1.25rem; overflow-wrap: anywhere; }
ol { list-style: none; margin: 0; padding: 0; }
li { border-top: 1px solid #8886; padding: .75rem 0; }
a { color: inherit; font-weight: 600; overflow-wrap: anywhere; }
.meta { font-size: .875rem; opacity: .8; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; border: 1px solid #8886; border-radius: .5rem; padding: 1rem; }
iframe { width: 100%; height: 36rem; border: 1px solid #8886; border-radius: .5rem; background: #fff; }
table { width: 100%; table-layout: fixed; border-collapse: collapse; font-size: .875rem; } td:first-child { width: 30%; } td { padding: .125rem .75rem .125rem 0; vertical-align: top; overflow-wrap: anywhere; }
`;

/** The list of messages, newest first. */
export function listPage(messages: readonly InboxMessage[]): string {
  const items = messages.toReversed().map(
    (
      message,
    ) => `<li><a href="/messages/${message.id}/view" lang="${languageOf(message)}">${escape(message.subject || '(no subject)')}</a>
<div class="meta">${escape(message.to)} · <time datetime="${message.receivedAt}">${message.receivedAt.replace('T', ' ').slice(0, 19)} UTC</time></div></li>`,
  );
  const list = items.length === 0 ? '<p>No messages yet. 暂无消息。</p>' : `<ol>${items.join('\n')}</ol>`;
  return page(`Inbox · 收件箱 (${messages.length})`, list, 'en');
}

/** One message: its headers, its text, and its HTML in a frame that can do nothing. */
export function messagePage(message: InboxMessage): string {
  const headers = Object.entries(message.headers)
    .map(([name, value]) => `<tr><td>${escape(name)}</td><td>${escape(value)}</td></tr>`)
    .join('\n');
  const letter =
    message.html === '' ? '' : `<h2>HTML</h2><iframe sandbox title="HTML" src="/messages/${message.id}/html"></iframe>`;
  return page(
    message.subject || '(no subject)',
    `<p><a href="/">← Inbox · 收件箱</a></p>
<p class="meta">${escape(message.from)} → ${escape(message.to)}<br>${message.receivedAt}</p>
<pre>${escape(message.text)}</pre>${letter}
<h2>Headers</h2><table>${headers}</table>`,
    languageOf(message),
  );
}

function page(title: string, body: string, language: string): string {
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><link rel="stylesheet" href="/style.css"></head>
<body><main><h1>${escape(title)}</h1>
${body}
</main></body></html>`;
}

function languageOf(message: InboxMessage): string {
  return /\p{Script=Han}/u.test(message.subject) ? 'zh-CN' : 'en';
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
