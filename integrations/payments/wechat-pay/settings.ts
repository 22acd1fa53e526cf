import type { WeChatPayAccountOptions } from './client';

/** A merchant of WeChat Pay as it is set up. */
export interface WeChatPaySettings extends Omit<WeChatPayAccountOptions, 'apiBase' | 'notifyUrl'> {
  /** Null: WeChat Pay itself. */
  apiUrl: string | null;
  /** Null: where the merchant's settings at WeChat Pay say. */
  notifyUrl: string | null;
}

/** The merchant as its gateway takes it. */
export const weChatPayAccount = ({ apiUrl, notifyUrl, ...account }: WeChatPaySettings): WeChatPayAccountOptions => ({
  ...account,
  ...(apiUrl === null ? {} : { apiBase: apiUrl }),
  ...(notifyUrl === null ? {} : { notifyUrl }),
});
