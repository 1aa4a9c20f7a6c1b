#include "codec/letter.h"

#include <locale.h>
#include <wctype.h>

static locale_t unicode(void)
{
	static locale_t made;
	locale_t l = __atomic_load_n(&made, __ATOMIC_ACQUIRE);

	if (l)
		return l;
	l = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	__atomic_store_n(&made, l, __ATOMIC_RELEASE);
	return l;
}

unsigned letter_lower(unsigned c)
{
	return unicode() ? (unsigned)towlower_l((wint_t)c, unicode()) : c;
}

bool letter_is_alnum(unsigned c)
{
	if (!unicode())
		return c >= 0x80 || (c >= 'a' && c <= 'z') ||
		       (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
	return iswalnum_l((wint_t)c, unicode());
}

bool letter_is_space(unsigned c)
{
	if (c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 || c == 0x2007 ||
	    c == 0x202f)
		return true;
	return unicode() && iswspace_l((wint_t)c, unicode());
}

void letter_add(struct sb *b, unsigned c)
{
	if (c < 0x80) {
		sb_addc(b, (char)c);
	} else if (c < 0x800) {
		sb_addc(b, (char)(0xc0 | c >> 6));
		sb_addc(b, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		sb_addc(b, (char)(0xe0 | c >> 12));
		sb_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
		sb_addc(b, (char)(0x80 | (c & 0x3f)));
	} else {
		sb_addc(b, (char)(0xf0 | c >> 18));
		sb_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		sb_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
		sb_addc(b, (char)(0x80 | (c & 0x3f)));
	}
}
