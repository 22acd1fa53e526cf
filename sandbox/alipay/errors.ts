/** An error answer of the v3 interface: HTTP status and `{ code, message, links }`. */
export class AlipayRefusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message = `Sandbox: ${code}.`,
  ) {
    super(message);
  }

  /** The body on the wire. */
  get body(): Record<string, unknown> {
    return {
      code: this.code,
      message: this.message,
      links: [{ link: 'https://open.alipay.com/api/errCheck', desc: '解决方案' }],
    };
  }
}

/** The server's own failure. */
export function systemError(status = 500): AlipayRefusal {
  return new AlipayRefusal(status, 'ACQ.SYSTEM_ERROR', '系统错误');
}

/** The refusal that an `error:<code>` fault asks for; a number from 400 to 599 asks for that HTTP status alone. */
export function refusalForCode(code: string): AlipayRefusal {
  if (/^[45]\d\d$/.test(code)) return new AlipayRefusal(Number(code), `http-${code}`);
  if (/(^|\.)SYSTEM_ERROR$/.test(code)) return new AlipayRefusal(500, code, '系统错误');
  if (code.endsWith('call-limited')) return new AlipayRefusal(429, code);
  if (code.startsWith('invalid-signature') || code === 'invalid-app-id') return new AlipayRefusal(401, code);
  return new AlipayRefusal(400, code);
}
