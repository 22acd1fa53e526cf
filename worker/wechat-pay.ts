import type { WorkerConfig } from '../config';
import type { WeChatPayAccountOptions } from '../integrations/payments';

/** The merchant of WeChat Pay that is configured, if any. */
export function weChatPayAccounts(config: WorkerConfig['wechatPay']): WeChatPayAccountOptions[] {
  if (config === null) return [];
  const { apiUrl, notifyUrl, ...account } = config;
  return [
    {
      ...account,
      ...(apiUrl === null ? {} : { apiBase: apiUrl }),
      ...(notifyUrl === null ? {} : { notifyUrl }),
    },
  ];
}
