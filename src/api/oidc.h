/*
 * oidc: an OpenID Connect provider, seen from the program that relies on it
 * (Core 1.0, 3.1: the authorization code flow, with PKCE of RFC 7636).
 *
 * What a provider publishes is kept in the memory of the process for ten
 * minutes; keys are fetched again when a token's is not among them. Everything
 * here may wait for the network for some seconds, at most two at once.
 */
#ifndef NIS2_API_OIDC_H
#define NIS2_API_OIDC_H

#include "crypto/id_token.h"
#include "gen/oidc_types.h"
#include "gen/row_types.h"
#include "http/call.h"

/*
 * The provider's description. ERR_UPSTREAM when it does not answer as it
 * should, or names another issuer; ERR_REFUSED when its address may not be
 * contacted.
 */
bool oidc_discover(struct call *call, const char *issuer,
		   struct oidc_discovery *ret, struct err *err);

/* Where a browser is sent, with what `state` holds. */
char *oidc_login_url(struct call *call, const struct sso_row *sso,
		     const struct oidc_discovery *provider,
		     const struct oidc_state *state);

/* Who came back with `code`, everything about the token checked. */
bool oidc_exchange(struct call *call, const struct sso_row *sso,
		   const struct oidc_state *state, const char *code,
		   struct id_claims *ret, struct err *err);

/* The role that the groups of a person give; NULL: they do not get in. */
const char *oidc_role(const struct sso_row *sso, const char *groups,
		      struct arena *a);

/* Where its secret is sealed to: crypto/seal.h. */
char *oidc_secret_place(struct call *call, const char *org_id);

/* Our address, which has to be registered at the provider. */
char *oidc_redirect_uri(struct call *call);

#endif
