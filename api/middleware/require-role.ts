import type { Request, RequestHandler } from 'express';
import type { Role } from '../../domain/people';
import { Problem } from '../problems';
import type { Principal } from '../types';

/** The principal of an authenticated request. @throws Problem unauthenticated */
export function principalOf(req: Request): Principal {
  if (!req.principal) throw new Problem('unauthenticated');
  return req.principal;
}

/** Lets a request pass whose principal has at least one of the roles. @throws Problem unauthenticated, forbidden */
export const requireRole =
  (...roles: Role[]): RequestHandler =>
  (req, _res, next) => {
    const principal = principalOf(req);
    if (!roles.some((role) => principal.roles.includes(role))) {
      throw new Problem('forbidden', { params: { roles: roles.join(', ') } });
    }
    next();
  };
