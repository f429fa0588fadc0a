// SPDX-License-Identifier: GPL-2.0-only
/*
 * Putting an address list into the one order that all peers hash.
 */
#include "addrs.h"

static void swap_bytes(u8 *a, u8 *b, size_t width)
{
	size_t i;

	for (i = 0; i < width; i++) {
		u8 tmp = a[i];

		a[i] = b[i];
		b[i] = tmp;
	}
}

static void sift_down(u8 *base, size_t root, size_t n, size_t width)
{
	size_t child;

	for (child = 2 * root + 1; child < n; child = 2 * root + 1) {
		u8 *c = base + child * width;
		u8 *r = base + root * width;

		if (child + 1 < n && memcmp(c, c + width, width) < 0) {
			child++;
			c += width;
		}
		if (memcmp(r, c, width) >= 0)
			return;
		swap_bytes(r, c, width);
		root = child;
	}
}

/*
 * No recursion, no memory, and no list, however made, that takes
 * more than n log n steps in softirq.
 */
static void heap_sort(u8 *base, size_t n, size_t width)
{
	size_t i;

	for (i = n / 2; i > 0; i--)
		sift_down(base, i - 1, n, width);
	for (i = n; i > 1; i--) {
		swap_bytes(base, base + (i - 1) * width, width);
		sift_down(base, 0, i - 1, width);
	}
}

/* the BSDs' scan starts above all-zero and ends below all-one */
static bool never_counts(const u8 *addr, size_t width)
{
	size_t i;

	if (addr[0] != 0x00 && addr[0] != 0xff)
		return false;
	for (i = 1; i < width; i++)
		if (addr[i] != addr[0])
			return false;
	return true;
}

static size_t sort_unique(u8 *base, size_t n, size_t width)
{
	size_t kept = 0;
	size_t i;

	heap_sort(base, n, width);
	for (i = 0; i < n; i++) {
		const u8 *addr = base + i * width;

		if (never_counts(addr, width))
			continue;
		if (kept && !memcmp(base + (kept - 1) * width, addr, width))
			continue;
		if (kept != i)
			memcpy(base + kept * width, addr, width);
		kept++;
	}
	return kept;
}

/**
 * carp_addr6_is_linklocal - is this a link-local unicast address
 * @a: IPv6 address as on the wire
 *
 * Return: true for fe80::/10.
 */
bool carp_addr6_is_linklocal(const u8 a[CARP_ADDR6_LEN])
{
	return a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
}

/**
 * carp_addrs_normalise - bring an address list into the form that is hashed
 * @a: the list; reordered in place, @n4 and @n6 shrink to what is left
 *
 * Each family is sorted ascending byte by byte; duplicates, all-zero and
 * all-one addresses go. Bytes 2 and 3 of IPv6 link-local addresses, where some
 * kernels keep the interface, become zero. Any number of addresses, including
 * none: n log n steps and a constant stack.
 */
void carp_addrs_normalise(struct carp_addrs *a)
{
	size_t i;

	for (i = 0; i < a->n6; i++) {
		if (!carp_addr6_is_linklocal(a->v6[i]))
			continue;
		a->v6[i][2] = 0;
		a->v6[i][3] = 0;
	}

	a->n4 = sort_unique((u8 *)a->v4, a->n4, CARP_ADDR4_LEN);
	a->n6 = sort_unique((u8 *)a->v6, a->n6, CARP_ADDR6_LEN);
}
