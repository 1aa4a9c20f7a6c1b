#include "core/vat.h"

#include <string.h>

bool vat_is_italian(const char *digits)
{
	int sum = 0;

	if (strlen(digits) != 11 || strspn(digits, "0123456789") != 11)
		return false;
	for (int i = 0; i < 11; i++) {
		int n = (digits[i] - '0') * (i % 2 ? 2 : 1);

		sum += n > 9 ? n - 9 : n;
	}
	return sum % 10 == 0 && strcmp(digits, "00000000000") != 0;
}
