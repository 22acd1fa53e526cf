import { extendZodWithOpenApi } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';

// Schemas must be made after this call; therefore every schema file takes z from here.
extendZodWithOpenApi(z);

export { z };
