import type { Router } from 'express';
import type { AppDeps } from '../types';
import { evidenceRoutes } from './evidence';
import { orderRoutes } from './orders';
import { webhookEndpointRoutes } from './webhook-endpoints';

/** Every router behind authentication; each names its full paths. */
export const protectedRoutes: ((deps: AppDeps) => Router)[] = [orderRoutes, evidenceRoutes, webhookEndpointRoutes];

/** Routers that authenticate by other means: they get the raw body and come before authentication. */
export const publicRoutes: ((deps: AppDeps) => Router)[] = [];
