import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import type { Language } from '../types';

/** What callers may send as X-Request-Id: it goes into logs, so nothing but plain characters. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** Gives the request its id (the caller's, when it is usable) and its language, and says both in the answer. */
export const requestContext: RequestHandler = (req, res, next) => {
  const sent = req.get('x-request-id') ?? '';
  req.requestId = REQUEST_ID.test(sent) ? sent : randomUUID();
  req.language = languageOf(req);
  res.set('X-Request-Id', req.requestId);
  res.vary('Accept-Language');
  next();
};

/** The first of our languages that the reader accepts; any kind of Chinese is zh-CN, and English is the default. */
function languageOf(req: Request): Language {
  for (const tag of req.acceptsLanguages()) {
    if (/^zh(?:-|$)/i.test(tag)) return 'zh-CN';
    if (/^en(?:-|$)/i.test(tag) || tag === '*') return 'en';
  }
  return 'en';
}
