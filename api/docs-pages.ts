import { PROBLEMS } from './problems';

/** The page that shows /openapi.json; everything it loads comes from here. */
export const DOCS_HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Redress: the HTTP interface</title>
<link rel="icon" href="/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="stylesheet" href="/docs/docs.css">
</head>
<body>
<p class="top"><a href="/docs/problems">All problem codes</a> · <a href="/openapi.json">openapi.json</a></p>
<div id="docs"></div>
<noscript><p class="top">This page needs JavaScript; <a href="/openapi.json">openapi.json</a> holds the same.</p></noscript>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/docs.js"></script>
</body>
</html>
`;

export const DOCS_SCRIPT = `window.addEventListener('load', () => {
  window.SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });
});
`;

export const DOCS_STYLE = `body { margin: 0 auto; max-width: 60rem; padding: 0 1rem 3rem; font: 1rem/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff; }
.top { margin: 1rem 0; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .25rem; overflow-wrap: anywhere; }
article { border-top: 1px solid #ddd; } article p { margin: .25rem 0; }
.status { color: #555; font-weight: normal; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; } .scroll { overflow-x: auto; } code { overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: .5rem 0; } th, td { border-bottom: 1px solid #ddd; padding: .35rem .75rem .35rem 0; text-align: left; vertical-align: top; }
label { display: block; margin: .75rem 0; } textarea, input[type=text] { display: block; width: 100%; box-sizing: border-box; padding: .5rem; font: inherit; }
button { min-height: 2.75rem; padding: 0 1.25rem; font: inherit; } th[scope=row] { font-weight: normal; color: #555; }
a { color: #0b57d0; overflow-wrap: anywhere; } :target { background: #fff6d6; }
`;

/** A text as the content of an element or an attribute. */
export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** `code` marks of the catalogue as elements. */
const withCode = (text: string): string => escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');

/** A plain page with every problem code in both languages; each code is an anchor, which is the problem's type. */
export function problemsHtml(): string {
  const articles = Object.entries(PROBLEMS)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(
      ([code, { status, title, detail }]) => `<article id="${code}">
<h2><code>${code}</code> <span class="status">${status}</span></h2>
<p><strong>${withCode(title.en)}.</strong> ${withCode(detail.en)}</p>
<p lang="zh-CN"><strong>${withCode(title['zh-CN'])}。</strong>${withCode(detail['zh-CN'])}</p>
</article>`,
    );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Redress: problem codes</title>
<link rel="stylesheet" href="/docs/docs.css">
</head>
<body>
<p class="top"><a href="/docs">The HTTP interface</a></p>
<h1>Problem codes · <span lang="zh-CN">错误代码</span></h1>
<p>Every refusal is <code>application/problem+json</code> (RFC 9457) with one of these codes. Words in braces are filled in.</p>
${articles.join('\n')}
</body>
</html>
`;
}
