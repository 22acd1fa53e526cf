import express, { Router, type Request, type Response } from 'express';
import { endOfLink, type LinkEnd } from '../../domain/approval';
import {
  countWrongCode,
  findDecisionLink,
  isCodeOf,
  markLinkUsed,
  noteDeadLink,
  type StoredDecisionLink,
} from '../../store';
import { decider } from '../decide';
import { decisionHtml, type PageNotice } from '../decision-page';
import { hashOfBody, settleCommand } from '../middleware/idempotency';
import { registerRoute } from '../openapi-registry';
import { Problem, renderProblem } from '../problems';
import { decisionBody, type DecisionBody } from '../schemas/decisions';
import { decisionPageForm, decisionPageParams, decisionPageQuery } from '../schemas/decision-pages';
import type { AppDeps, Language, Principal } from '../types';

const PAGE = { contentType: 'text/html' };
const request = { params: decisionPageParams, query: decisionPageQuery };

registerRoute({
  method: 'get',
  path: '/decide/:token',
  tag: 'Decisions',
  summary: 'The page behind the link of a letter',
  description: 'For the person whom the letter was written to. Opening it decides nothing. Needs no key.',
  request,
  responses: {
    200: { description: 'The refund with a form, in Chinese or English.', ...PAGE },
    404: { description: 'There is no such link.', ...PAGE },
    410: { description: 'The link is dead: used, expired, or the refund has changed.', ...PAGE },
  },
});
registerRoute({
  method: 'post',
  path: '/decide/:token',
  tag: 'Decisions',
  summary: 'Decide by the link of a letter',
  description:
    'Counts once, with the code of the letter, for the person of the link, and about what stood when the letter was written: any change kills the link. Judged as every other decision; never above the step-up amount of the policy.',
  request: { ...request, body: decisionPageForm, bodyContentType: 'application/x-www-form-urlencoded' },
  responses: {
    200: { description: 'It counted.', ...PAGE },
    400: { description: 'Nothing was decided: no decision, no reason or not the code. The form again.', ...PAGE },
    403: { description: 'This person may not decide it.', ...PAGE },
    404: { description: 'There is no such link.', ...PAGE },
    409: { description: 'It was refused, as by the interface.', ...PAGE },
    410: { description: 'The link is dead.', ...PAGE },
    503: { description: 'It may have counted: submit again.', ...PAGE },
  },
});

/** Nothing runs in these pages, and their form goes nowhere else. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const SIX_DIGITS = /^\d{6}$/;

/** /decide/{token}: decisions by letter. */
export function decisionPageRoutes(deps: AppDeps): Router {
  const router = Router();
  const { decide } = decider(deps);

  /** The link of the address, or null; with the language to answer in. */
  async function linkOf(req: Request): Promise<{ link: StoredDecisionLink | null; language: Language; token: string }> {
    const params = decisionPageParams.safeParse(req.params);
    const query = decisionPageQuery.safeParse(req.query);
    const link = params.success ? await findDecisionLink(deps.db, params.data.token) : null;
    const own = link && (link.person.locale.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en');
    const language = (query.success ? query.data.lang : undefined) ?? own ?? req.language;
    return { link, language, token: params.success ? params.data.token : '' };
  }

  const endNow = (link: StoredDecisionLink): LinkEnd | null =>
    endOfLink(link, link.refund.process, link.refund.plan, deps.clock().toISOString());

  function send(
    res: Response,
    status: number,
    link: StoredDecisionLink | null,
    notice: PageNotice,
    language: Language,
  ) {
    const subject = link && {
      refund: link.refund,
      stageLabel: link.refund.plan.stages.find(({ id }) => id === link.stageId)?.label ?? null,
      form: !['dead', 'decided'].includes(notice.kind),
    };
    res
      .status(status)
      .set({
        'Content-Security-Policy': CONTENT_SECURITY_POLICY,
        'Cache-Control': 'no-store',
        'Content-Language': language,
      })
      .type('html')
      .send(decisionHtml(subject, notice, language));
  }

  const sendDead = (res: Response, why: LinkEnd | 'unknown', language: Language): void =>
    // Of a dead link nothing is shown: it may have travelled since.
    send(res, why === 'unknown' ? 404 : 410, null, { kind: 'dead', why }, language);

  /** The decision as its own route would take it, once for each link: the link is the key. */
  async function settle(req: Request, link: StoredDecisionLink, body: DecisionBody, language: Language): Promise<void> {
    const { refund, person } = link;
    const principal: Principal = {
      kind: 'person',
      keyId: link.id,
      mode: refund.mode,
      roles: person.roles,
      personId: person.id,
      customerId: null,
      ownerPersonId: null,
      creatorPersonId: null,
    };
    const asked = {
      key: link.id,
      scope: 'POST /decide',
      route: 'POST /decide/:token',
      language,
      requestId: req.requestId,
      instance: '/decide',
    };
    const { status, body: answer } = await settleCommand(deps, asked, {
      kind: 'decide',
      principal,
      body,
      bodyHashes: [hashOfBody(body)],
      refundId: refund.id,
      findsRefund: true,
      handler: async (command) => {
        await decide({ refundId: refund.id, principal, command, body });
        return { status: 200, body: {} };
      },
    });
    if (status !== 200) throw new Problem((JSON.parse(answer) as { code: Problem['code'] }).code);
    await markLinkUsed(deps.db, link.id, deps.clock().toISOString());
  }

  router.get('/decide/:token', async (req, res) => {
    const { link, language } = await linkOf(req);
    const why = link === null ? 'unknown' : endNow(link);
    if (why !== null) sendDead(res, why, language);
    else send(res, 200, link, { kind: 'none' }, language);
  });

  router.post(
    '/decide/:token',
    express.urlencoded({ extended: false, limit: '16kb', parameterLimit: 10 }),
    async (req, res) => {
      const { link, language, token } = await linkOf(req);
      if (link === null) return sendDead(res, 'unknown', language);
      // Nobody who does not know the code learns more than by opening the page, and a submission without one costs nothing.
      const form = decisionPageForm.safeParse(req.body ?? {});
      const { decision, reason, code = '' } = form.success ? form.data : {};
      const digits = code.trim();
      const why = endNow(link);
      if (!SIX_DIGITS.test(digits))
        return why === null ? send(res, 400, link, { kind: 'incomplete' }, language) : sendDead(res, why, language);
      const isRight = isCodeOf(link, token, digits);
      const nowIso = deps.clock().toISOString();
      if (why !== null) {
        if (isRight) await noteDeadLink(deps.db, link, why, nowIso);
        return sendDead(res, why, language);
      }
      if (!isRight) {
        const left = await countWrongCode(deps.db, link, nowIso);
        if (left <= 0) return sendDead(res, 'too_many_codes', language);
        return send(res, 400, link, { kind: 'wrong_code', left }, language);
      }
      const body = decisionBody.safeParse({
        stage: link.stageId,
        decision,
        snapshotVersion: link.snapshotVersion,
        ...(reason?.trim() && { reason: reason.trim() }),
      });
      if (!body.success || !(body.data.decision === 'approve' || body.data.decision === 'decline'))
        return send(res, 400, link, { kind: 'incomplete' }, language);
      try {
        await settle(req, link, body.data, language);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        // Submitted twice with two minds: the first one stands.
        if (error.code === 'idempotency_key_reused') return sendDead(res, 'used', language);
        const { title, detail } = renderProblem(error, { language, requestId: req.requestId, instance: '/decide' });
        const notice = { kind: 'refused', title: String(title), detail: String(detail) } as const;
        return send(res, error.status, link, notice, language);
      }
      return send(res, 200, link, { kind: 'decided', decision: body.data.decision }, language);
    },
  );

  return router;
}
