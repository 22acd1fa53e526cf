import { defineSearchAttributeKey } from '@temporalio/common';

/** For operators only: eventually consistent, never encrypted, so nothing personal and nothing that decides. */
export const REFUND_STATUS = defineSearchAttributeKey('RefundStatus', 'KEYWORD');
export const REFUND_STAGE = defineSearchAttributeKey('RefundStage', 'KEYWORD');
export const REFUND_TIER = defineSearchAttributeKey('RefundTier', 'KEYWORD');
export const REFUND_DUE_AT = defineSearchAttributeKey('RefundDueAt', 'DATETIME');
export const REFUND_AMOUNT_MINOR = defineSearchAttributeKey('RefundAmountMinor', 'INT');

/** What a namespace must declare before the first refund: name → type. */
export const SEARCH_ATTRIBUTES = {
  RefundStatus: 'KEYWORD',
  RefundStage: 'KEYWORD',
  RefundTier: 'KEYWORD',
  RefundDueAt: 'DATETIME',
  RefundAmountMinor: 'INT',
} as const;
