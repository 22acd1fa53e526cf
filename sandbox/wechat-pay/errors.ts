/** HTTP status of each error code of the refund interface (pay.weixin.qq.com, "申请退款", 错误码). */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  PARAM_ERROR: 400,
  INVALID_REQUEST: 400,
  NO_STATEMENT_EXIST: 400,
  STATEMENT_CREATING: 400,
  SIGN_ERROR: 401,
  NO_AUTH: 403,
  NOT_ENOUGH: 403,
  USER_ACCOUNT_ABNORMAL: 403,
  MCH_NOT_EXISTS: 404,
  RESOURCE_NOT_EXISTS: 404,
  FREQUENCY_LIMITED: 429,
  SYSTEM_ERROR: 500,
};

/** An error answer, `{code, message}`. */
export class WeChatPayRefusal extends Error {
  readonly status: number;

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.status = STATUS_OF_CODE[code] ?? 400;
  }

  get body(): Record<string, unknown> {
    return { code: this.code, message: this.message };
  }
}

/** What a server error looks like. */
export const systemError = (): WeChatPayRefusal => new WeChatPayRefusal('SYSTEM_ERROR', '系统错误，请使用原参数重试');
