/** A Zoho CRM account, as the composition root hands it in. */
export interface ZohoOptions {
  clientId: string;
  clientSecret: string;
  refreshToken: string;
  /** Accounts server of the data centre, e.g. https://accounts.zoho.com.cn */
  accountsBase: string;
  /** API server of the data centre, e.g. https://www.zohoapis.com.cn. The `api_domain` of token answers is not followed. */
  apiBase: string;
  /** API name of the custom module of refunds. @default Refunds */
  refundModule?: string;
  /** API name of the module of customers. @default Contacts */
  contactModule?: string;
  /** Whether the bases may be plain HTTP on another machine, as in a composed local stack. @default false */
  allowPlainHttp?: boolean;
  /** How long one call may take, in milliseconds. @default 15000 */
  timeoutMs?: number;
  /** Milliseconds of a clock, for the age of tokens. @default Date.now */
  clockMs?: () => number;
}
