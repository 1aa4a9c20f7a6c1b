/*
 * cors: what scripts of other origins may do. Exact origins only, from
 * CORS_ORIGINS; development without a list allows two on localhost.
 */
#ifndef NIS2_HTTP_CORS_H
#define NIS2_HTTP_CORS_H

#include "http/exchange.h"

bool cors_allows(const struct settings *settings, const char *origin);

/* Answers a preflight (OPTIONS with Origin and -Request-Method); else false. */
bool cors_preflight(const struct settings *settings, struct exchange *x);

/* The headers of any other reply. */
void cors_headers(const struct settings *settings, struct exchange *x);

#endif
