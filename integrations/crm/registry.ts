import type { CrmConnector } from './connector';
import { ZohoConnector } from './zoho/connector';
import type { ZohoOptions } from './zoho/options';

/** The CRM of a deployment, or none. */
export type CrmOptions = { crm: 'none' } | { crm: 'zoho'; zoho: ZohoOptions };

/** Builds the configured connector; null when the deployment has no CRM. @throws Error for options that contradict */
export function createCrm(options: CrmOptions): CrmConnector | null {
  switch (options.crm) {
    case 'none':
      return null;
    case 'zoho':
      return new ZohoConnector(options.zoho);
  }
}
