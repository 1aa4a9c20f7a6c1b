/*
 * page: what every list of the API does with `page` and `page_size`.
 */
#ifndef NIS2_API_PAGE_H
#define NIS2_API_PAGE_H

#include <stdint.h>

/* OFFSET of a page that the contract has checked (1-based). */
static inline int64_t page_offset(int64_t page, int64_t page_size)
{
	return (page - 1) * page_size;
}

#endif
