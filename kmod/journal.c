// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal: what happened, in order, for whoever listens.
 */
#include "carp.h"

/**
 * carp_journal_cause - a cause of demotion was set, changed or taken away
 * @net: the namespace
 * @news: the cause as it is now, @value 0: no more
 *
 * Caller: any context, without carp->lock.
 */
void carp_journal_cause(struct net *net, const struct carp_cause_news *news)
{
}
