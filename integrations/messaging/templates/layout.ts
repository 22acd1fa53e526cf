/**
 * The one HTML layout. Styles are inline, since mail programs drop style sheets; one column that is as wide as the screen
 * up to 600 pixels, so that it reads on a phone. Values are escaped here and nowhere else.
 */
export const HTML_LAYOUT = `<!doctype html>
<html lang="{{locale}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{{subject}}</title>
</head>
<body style="margin:0;padding:0;background-color:#f3f4f6;color:#1f2937;font-family:-apple-system,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;font-size:16px;line-height:1.6;">
<div style="max-width:600px;margin:0 auto;padding:16px;">
<div style="background-color:#ffffff;border:1px solid #e5e7eb;border-radius:8px;padding:24px;">
<p style="margin:0 0 16px;font-size:14px;color:#4b5563;">{{shopName}}</p>
<h1 style="margin:0 0 16px;font-size:20px;line-height:1.3;color:#111827;">{{heading}}</h1>
<p style="margin:0 0 16px;">{{greeting}}</p>
{{#each paragraphs}}
<p style="margin:0 0 16px;white-space:pre-line;overflow-wrap:anywhere;">{{this}}</p>
{{/each}}
{{#if facts.length}}
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse;margin:0 0 16px;">
{{#each facts}}
<tr>
<th scope="row" align="left" style="padding:8px 12px 8px 0;border-top:1px solid #e5e7eb;font-size:14px;font-weight:normal;color:#4b5563;vertical-align:top;">{{this.label}}</th>
<td align="left" style="padding:8px 0;border-top:1px solid #e5e7eb;overflow-wrap:anywhere;word-break:break-word;">{{this.value}}</td>
</tr>
{{/each}}
</table>
{{/if}}
{{#if url}}
<p style="margin:0 0 16px;"><a href="{{url}}" style="display:inline-block;padding:12px 20px;border-radius:6px;background-color:#1d4ed8;color:#ffffff;text-decoration:none;">{{action}}</a></p>
{{/if}}
<p style="margin:0;">{{closing}}</p>
</div>
<p style="margin:16px 0 0;font-size:13px;color:#6b7280;">{{automatic}}</p>
</div>
</body>
</html>
`;

/** The same letter as plain text; the values go in as they are. */
export const TEXT_LAYOUT = `{{greeting}}

{{#each paragraphs}}
{{this}}

{{/each}}
{{#each facts}}
{{this.label}}{{../colon}}{{this.value}}
{{/each}}
{{#if url}}

{{action}}{{colon}}{{url}}
{{/if}}

{{closing}}

-- 
{{automatic}}
`;
