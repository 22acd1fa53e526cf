import type { CUSTOMER_MESSAGES } from '../../../domain/refund';
import type { LetterWords } from './view';

type CustomerMessage = (typeof CUSTOMER_MESSAGES)[number];

const MESSAGE = '{{#if messageToCustomer}}We were asked to tell you:\n{{messageToCustomer}}{{/if}}';
const DEDUCTIONS =
  '{{#if deductionsText}}The amount is what remains after these deductions:\n{{deductionsText}}{{/if}}';
const GOODWILL =
  '{{#if goodwillText}}In addition we give you {{goodwillText}}, which goes to the account that was named for it.{{/if}}{{#if goodwillUnpaidText}}We also wanted to give you {{goodwillUnpaidText}}, but could not pay that. We are sorry.{{/if}}';

/** Letters to customers in English. Each says what is true at that moment and no more: approved is not paid. */
export const CUSTOMER_EN: Record<CustomerMessage, LetterWords> = {
  refund_received: {
    subject: 'We have received your refund request for order {{orderExternalId}}',
    heading: 'Your request has arrived',
    paragraphs: [
      'We have received your request to refund {{amount}} for order {{orderExternalId}}.',
      DEDUCTIONS,
      'It will now be reviewed. Nothing has been decided or paid yet; we will write to you as soon as there is a decision.',
    ],
    facts: ['refundId', 'orderExternalId', 'amount', 'dueText'],
    action: 'See your request',
  },
  information_requested: {
    subject: 'We need something from you for your refund of order {{orderExternalId}}',
    heading: 'Please answer a question',
    paragraphs: [
      'To go on with your refund request for order {{orderExternalId}} we need more information.',
      MESSAGE,
      '{{#if dueText}}Please answer by {{dueText}}. Until then the review is paused.{{else}}The review is paused until you answer.{{/if}}',
    ],
    facts: ['refundId', 'orderExternalId', 'dueText'],
    action: 'Answer now',
  },
  information_overdue: {
    subject: 'We go on without your answer: refund of order {{orderExternalId}}',
    heading: 'We have not heard from you',
    paragraphs: [
      'We asked you for information about your refund request for order {{orderExternalId}} and have not received it in time.',
      'The review now goes on with what we have. You can still send us what we asked for until there is a decision.',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: 'See your request',
  },
  refund_approved: {
    subject: 'Your refund for order {{orderExternalId}} has been approved',
    heading: 'Your refund is approved',
    paragraphs: [
      'Your refund of {{amount}} for order {{orderExternalId}} has been approved.{{#if requestedAmount}} You had asked for {{requestedAmount}}.{{/if}}',
      DEDUCTIONS,
      GOODWILL,
      MESSAGE,
      'The money has not been sent yet. We are about to instruct the payment provider and will write to you again as soon as the provider confirms it.',
    ],
    facts: ['refundId', 'orderExternalId', 'amount', 'requestedAmount'],
    action: 'See your refund',
  },
  refund_declined: {
    subject: 'Your refund request for order {{orderExternalId}} has been declined',
    heading: 'We cannot refund this request',
    paragraphs: [
      'We have reviewed your request to refund {{amount}} for order {{orderExternalId}} and have declined it.',
      MESSAGE,
      '{{#if clauseText}}The decision rests on this rule:\n{{clauseText}}{{/if}}',
      'No money has been moved. {{#if appealUntilText}}If you do not agree, you can appeal once, until {{appealUntilText}}: then people who have not decided before look at your request again. Please write to our customer service, name the number of your request and say why.{{else}}{{#if afterAppeal}}This is our decision on your appeal; there is no other.{{else}}If you believe that we have overlooked something, please reply to our customer service and name the number of your request.{{/if}}{{/if}}',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: 'See your request',
  },
  offer_made: {
    subject: 'We offer you {{amount}} for your refund request for order {{orderExternalId}}',
    heading: 'Please tell us whether you agree',
    paragraphs: [
      'We have reviewed your request for order {{orderExternalId}} and can refund {{amount}}.{{#if requestedAmount}} You had asked for {{requestedAmount}}.{{/if}}',
      MESSAGE,
      DEDUCTIONS,
      'Please tell our customer service by {{dueText}} whether you take it. If we hear nothing from you, we pay {{amount}} then.{{#if appealUntilText}} If you do not agree, you can appeal once, until {{appealUntilText}}: then people who have not decided before look at your request again.{{/if}}',
    ],
    facts: ['refundId', 'orderExternalId', 'amount', 'requestedAmount', 'dueText'],
    action: 'See your request',
  },
  appeal_received: {
    subject: 'We have received your appeal for order {{orderExternalId}}',
    heading: 'Your appeal has arrived',
    paragraphs: [
      'We have received your appeal against our decision on your request to refund {{amount}} for order {{orderExternalId}}.',
      'People who have not decided on it before now look at the whole request again. Nothing has been decided or paid yet; we will write to you as soon as there is a decision.',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: 'See your request',
  },
  refund_withdrawn: {
    subject: 'Your refund request for order {{orderExternalId}} has been withdrawn',
    heading: 'Your request is withdrawn',
    paragraphs: [
      'The request to refund {{amount}} for order {{orderExternalId}} has been withdrawn, and no further money will be paid for it.',
      'If that was not your wish, please contact our customer service.',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: 'See your request',
  },
  refund_expired: {
    subject: 'Your refund request for order {{orderExternalId}} has expired',
    heading: 'Your request has expired',
    paragraphs: [
      'We asked for a correction of the request to refund {{amount}} for order {{orderExternalId}} and have not received it in time. The request has been closed without a payment.',
      'You are welcome to make a new request.',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: 'See your request',
  },
  refund_paid: {
    subject: 'Your refund of {{amount}} is on its way',
    heading: 'Your refund is on its way',
    paragraphs: [
      'The payment provider has confirmed the refund of {{amount}} for order {{orderExternalId}}.{{#if requestedAmount}} You had asked for {{requestedAmount}}.{{/if}}',
      DEDUCTIONS,
      GOODWILL,
      '{{#if arrivalToText}}We expect the money to reach you between {{arrivalFromText}} and {{arrivalToText}}. How fast it shows depends on your bank.{{else}}When the money shows depends on your bank.{{/if}}',
      '{{#if traceNumber}}If it has not arrived by then, tell your bank: “Please look for an incoming refund with the trace number {{traceNumber}}.” The number shows them where the money is.{{/if}}',
    ],
    facts: ['refundId', 'orderExternalId', 'amount', 'arrival', 'traceNumber'],
    action: 'See your refund',
  },
  refund_arrived: {
    subject: 'Your refund of {{amount}} has arrived',
    heading: 'Your refund has arrived',
    paragraphs: [
      'It has been confirmed that the refund of {{amount}} for order {{orderExternalId}} has arrived. With that your request is complete.',
      'If you have not received the money, please contact our customer service.',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: 'See your refund',
  },
  payment_delayed: {
    subject: 'Your refund for order {{orderExternalId}} is delayed',
    heading: 'Your refund is delayed',
    paragraphs: [
      'Your refund of {{amount}} for order {{orderExternalId}} is approved, but the payment is delayed. We are sorry.',
      '{{#if failed}}{{#if failureText}}{{failureText}}{{else}}The payment provider could not carry out the payment. Our staff are looking for another way.{{/if}}{{else}}The payment provider has not told us yet what became of the payment, so we do not know yet whether the money has been sent. We keep asking, and our staff look into it if no answer comes.{{/if}}',
      'You need not do anything now. We will write to you as soon as we know more.',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: 'See your refund',
  },
  refund_on_hold: {
    subject: 'Your refund for order {{orderExternalId}} is on hold',
    heading: 'Your refund is on hold',
    paragraphs: [
      'Your refund of {{amount}} for order {{orderExternalId}} is approved, but the payment, or a part of it, is on hold; what is on hold has not been sent yet. We are sorry.',
      '{{#if failureText}}{{failureText}}{{/if}}',
      'You need not do anything now. We will write to you as soon as the money is sent, or if we need something from you.',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: 'See your refund',
  },
  refund_disputed: {
    subject: 'A dispute about your payment stops your refund for order {{orderExternalId}}',
    heading: 'A dispute about your payment is open',
    paragraphs: [
      'We have been told of a dispute about your payment for order {{orderExternalId}}, as a rule by your bank or payment provider. While it is open we send no money back for that payment, because you could be paid twice. It concerns the refund of {{amount}} that was asked for.',
      'If your bank gives the money back to you, this refund is not needed any more. If the dispute ends without that, we go on with the refund.',
      'You need not do anything now. If you did not raise it, or want to take it back, please ask your bank, and then our customer service with the number of your refund.',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: 'See your refund',
  },
  refund_returned: {
    subject:
      '{{#if returnedGoodwill}}A payment{{else}}Your refund{{/if}} for order {{orderExternalId}} came back to us',
    heading: '{{#if returnedGoodwill}}A payment came back{{else}}Your refund came back{{/if}}',
    paragraphs: [
      '{{#if returnedGoodwill}}Beside your refund for order {{orderExternalId}} we had sent you {{returnedGoodwill}}, but the bank or payment provider has sent that back to us. Your refund itself is not concerned.{{else}}We had sent your refund of {{amount}} for order {{orderExternalId}}, but the bank or payment provider has sent {{#if returnedAmount}}{{returnedAmount}} of it{{else}}the money{{/if}} back to us.{{/if}} It has not reached you, or is no longer in your account. We are sorry.',
      '{{#if failureText}}{{failureText}}{{/if}}',
      'The money is still set aside for you. Our staff are looking for another way to pay it.',
      'You need not do anything now. If the card or account that you paid with has been closed or replaced, please tell our customer service and name the number of your refund.',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: 'See your refund',
  },
  refund_given_up: {
    subject: 'We could not pay your refund for order {{orderExternalId}}',
    heading: 'We could not pay your refund',
    paragraphs: [
      'Your refund of {{amount}} for order {{orderExternalId}} was approved, but we could not pay it{{#if paidAmount}} in full: {{paidAmount}} has been paid, the rest has not{{/if}}. We have ended our attempts{{#unless paidAmount}} and closed this case{{/unless}}.',
      '{{#if paidAmount}}{{#if arrivalToText}}We expect what has been paid to reach you between {{arrivalFromText}} and {{arrivalToText}}.{{/if}}{{/if}}',
      'If the money is still owed to you, please contact our customer service and name the number of your refund.',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: 'See your refund',
  },
};
