import express, { type Express, type Response } from 'express';
import { faultRoutes } from '../control';
import { FaultBoard } from '../faults';
import { failed, listen, type Log } from '../http';
import { Journal } from '../journal';
import { Timers } from '../timers';
import { InboxMessages } from './messages';
import { LETTER_POLICY, listPage, messagePage, PAGE_POLICY, STYLE } from './page';
import { listenSmtp, SMTP_OPERATIONS } from './smtp';

export type { InboxMessage } from './messages';

/** Options of `startInbox`. A port of 0 takes a free one. */
export interface InboxOptions {
  readonly httpPort: number;
  readonly smtpPort: number;
  /** JSONL journal that brings the messages back at the next start; without it they live in memory alone. */
  readonly stateFile?: string;
  readonly log?: Log;
}

/** A running inbox: `url` to read it, `smtpUrl` to send to it. */
export interface RunningInbox {
  readonly url: string;
  readonly smtpUrl: string;
  close(): Promise<void>;
}

/**
 * Starts the inbox on 127.0.0.1: an SMTP server that takes every letter, and HTTP to read them.
 * @throws when a port is taken or the journal cannot be read
 */
export async function startInbox(options: InboxOptions): Promise<RunningInbox> {
  const log = options.log ?? (() => undefined);
  const journal = Journal.open(options.stateFile);
  const timers = new Timers(log);
  const messages = new InboxMessages(journal);
  const faults = new FaultBoard(journal, {
    smtp: {
      operations: SMTP_OPERATIONS,
      behaviours: ['ok', 'error', '5xx', 'slow', 'slow-before-commit', 'drop-before-commit', 'drop-after-commit'],
    },
  });
  try {
    const smtp = await listenSmtp({ messages, faults, timers, log }, options.smtpPort);
    try {
      const http = await listen(inboxApp(messages, faults, log), options.httpPort);
      return {
        url: http.url,
        smtpUrl: smtp.smtpUrl,
        close: async () => {
          timers.close();
          await Promise.all([http.close(), smtp.close()]);
          journal.close();
        },
      };
    } catch (error) {
      await smtp.close();
      throw error;
    }
  } catch (error) {
    timers.close();
    journal.close();
    throw error;
  }
}

function inboxApp(messages: InboxMessages, faults: FaultBoard, log: Log): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.set({
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
    });
    next();
  });
  app.use(faultRoutes(faults));
  app.get('/', (_request, response) => {
    sendPage(response, listPage(messages.find({})), PAGE_POLICY);
  });
  app.get('/style.css', (_request, response) => {
    response.type('css').send(STYLE);
  });
  app.get('/messages', (request, response) => {
    const { to, limit } = request.query;
    if (limit !== undefined && !/^[1-9]\d{0,5}$/.test(String(limit))) {
      response.status(400).json({ error: 'limit must be a positive integer' });
      return;
    }
    response.json(
      messages.find({
        ...(typeof to === 'string' ? { to } : {}),
        ...(limit === undefined ? {} : { limit: Number(limit) }),
      }),
    );
  });
  app.delete('/messages', (_request, response) => {
    messages.clear();
    response.status(204).end();
  });
  app.get(['/messages/:id', '/messages/:id/view', '/messages/:id/html'], (request, response) => {
    const message = messages.byId(String(request.params.id));
    if (message === undefined) response.status(404).json({ error: 'no such message' });
    else if (request.path.endsWith('/view')) sendPage(response, messagePage(message), PAGE_POLICY);
    else if (request.path.endsWith('/html')) sendPage(response, message.html, LETTER_POLICY);
    else response.json(message);
  });
  app.use(failed(log));
  return app;
}

function sendPage(response: Response, html: string, policy: string): void {
  response.set('Content-Security-Policy', policy).type('html').send(html);
}
