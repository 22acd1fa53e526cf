import express, { Router, type ErrorRequestHandler, type Request, type Response } from 'express';
import { endOfLink, type LinkEnd } from '../../domain/approval';
import {
  commandsOfLink,
  findDecisionLink,
  judgeCode,
  markLinkUsed,
  noteDeadLink,
  type LinkCommand,
  type StoredDecisionLink,
} from '../../store';
import { decider } from '../decide';
import { decisionHtml, type PageNotice } from '../decision-page';
import { hashOfBody, settleCommand } from '../middleware/idempotency';
import { limitFailedLogins } from '../middleware/rate-limit';
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
    429: { description: 'Too many links or codes were tried from this address.', ...PAGE },
  },
});
registerRoute({
  method: 'post',
  path: '/decide/:token',
  tag: 'Decisions',
  summary: 'Decide by the link of a letter',
  description:
    'Counts once, with the code of the letter, for the person of the link, and about what stood when the letter was written: any change kills the link. The same form again is answered with what it came to; one that was refused is judged anew. Judged as every other decision; never above the step-up amount of the policy.',
  request: { ...request, body: decisionPageForm, bodyContentType: 'application/x-www-form-urlencoded' },
  responses: {
    200: { description: 'It counted.', ...PAGE },
    400: { description: 'Nothing was decided: no decision, no reason or not the code. The form again.', ...PAGE },
    403: { description: 'This person may not decide it.', ...PAGE },
    404: { description: 'There is no such link.', ...PAGE },
    409: { description: 'It was refused, as by the interface.', ...PAGE },
    410: { description: 'The link is dead.', ...PAGE },
    429: { description: 'Too many links or codes were tried from this address.', ...PAGE },
    503: { description: 'It may have counted: submit again.', ...PAGE },
  },
});

/** Nothing runs in these pages, and their form goes nowhere else. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const SIX_DIGITS = /^\d{6}$/;
/** A wrong code, an unknown link and a dead one. */
const TRIED_WITH = [400, 404, 410];

const isRefused = ({ responseStatus }: LinkCommand): boolean => responseStatus !== null && responseStatus !== 200;
const hasCounted = ({ outcome }: LinkCommand): boolean => outcome === 'done';

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

  /** Why it is dead now: a link whose decision counted is used, also when nobody got as far as to mark it. */
  async function endNow(link: StoredDecisionLink): Promise<LinkEnd | null> {
    const why = endOfLink(link, link.refund.process, link.refund.plan, deps.clock().toISOString());
    return why !== null && (await commandsOfLink(deps.db, link)).some(hasCounted) ? 'used' : why;
  }

  /**
   * Where a decision by this link stands: the key to give it under, and whether it is a repeat of one that has counted or may
   * yet, which is answered as that even when the link has died since. Each refused one is left behind: what was in its way may be
   * gone.
   */
  async function placeOf(link: StoredDecisionLink, body: DecisionBody): Promise<{ key: string; isRepeat: boolean }> {
    const bodyHash = hashOfBody(body);
    const nowIso = deps.clock().toISOString();
    const same = (await commandsOfLink(deps.db, link)).filter((command) => command.bodyHash === bodyHash);
    return {
      key: [link.id, bodyHash, same.filter(isRefused).length].join(':'),
      isRepeat: same.some(
        (command) => !isRefused(command) && (command.outcome !== 'open' || nowIso < command.expiresAt),
      ),
    };
  }

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

  /**
   * The decision as its own route would take it. It counts once for each link: what it is about stands but once.
   * @returns the notice of what it came to, with its status
   */
  async function settle(
    req: Request,
    link: StoredDecisionLink,
    key: string,
    body: DecisionBody & { decision: 'approve' | 'decline' },
    language: Language,
  ): Promise<{ status: number; notice: PageNotice }> {
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
      key,
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
    if (status !== 200) return { status, notice: noticeOf(JSON.parse(answer) as Record<string, unknown>) };
    await markLinkUsed(deps.db, link.id, deps.clock().toISOString());
    return { status, notice: { kind: 'decided', decision: body.decision } };
  }
  const noticeOf = ({ title, detail }: Record<string, unknown>): PageNotice => ({
    kind: 'refused',
    title: String(title),
    detail: String(detail),
  });

  router.use('/decide', limitFailedLogins(deps, TRIED_WITH));

  router.get('/decide/:token', async (req, res) => {
    const { link, language } = await linkOf(req);
    const why = link === null ? 'unknown' : await endNow(link);
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
      if (!SIX_DIGITS.test(digits)) {
        const why = await endNow(link);
        return why === null ? send(res, 400, link, { kind: 'incomplete' }, language) : sendDead(res, why, language);
      }
      const nowIso = deps.clock().toISOString();
      const judged = await judgeCode(deps.db, link, token, digits, nowIso);
      if (!judged?.isRight) {
        const why = (await endNow(link)) ?? (judged?.left ? null : 'too_many_codes');
        if (why !== null || !judged) return sendDead(res, why ?? 'too_many_codes', language);
        return send(res, 400, link, { kind: 'wrong_code', left: judged.left }, language);
      }
      const body = decisionOf(link, decision, reason);
      const place = body && (await placeOf(link, body));
      const why = place?.isRepeat ? null : await endNow(link);
      if (why !== null) {
        if (why === 'used') await markLinkUsed(deps.db, link.id, nowIso);
        await noteDeadLink(deps.db, link, why, nowIso);
        return sendDead(res, why, language);
      }
      if (!body || !place) return send(res, 400, link, { kind: 'incomplete' }, language);
      try {
        const { status, notice } = await settle(req, link, place.key, body, language);
        return send(res, status, link, notice, language);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        const words = renderProblem(error, { language, requestId: req.requestId, instance: '/decide' });
        return send(res, error.status, link, noticeOf(words), language);
      }
    },
  );

  /** Who tried too often reads it on a page, too. */
  const onPage: ErrorRequestHandler = (error: unknown, req, res, next) => {
    if (!(error instanceof Problem)) return next(error);
    const { language, requestId } = req;
    const { retryAfterSeconds } = error.options;
    if (retryAfterSeconds !== undefined) res.set('Retry-After', String(retryAfterSeconds));
    send(
      res,
      error.status,
      null,
      noticeOf(renderProblem(error, { language, requestId, instance: '/decide' })),
      language,
    );
  };
  router.use('/decide', onPage);

  return router;
}

/** What the form says, as the body of a decision; null when something is missing. */
function decisionOf(link: StoredDecisionLink, decision: string | undefined, reason: string | undefined) {
  const body = decisionBody.safeParse({
    stage: link.stageId,
    decision,
    snapshotVersion: link.snapshotVersion,
    ...(reason?.trim() && { reason: reason.trim() }),
  });
  if (!body.success) return null;
  const { decision: chosen } = body.data;
  return chosen === 'approve' || chosen === 'decline' ? { ...body.data, decision: chosen } : null;
}
