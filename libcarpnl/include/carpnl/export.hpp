// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * What the shared library shows to the outside; everything else in it is hidden.
 */
#pragma once

#define CARPNL_API __attribute__((visibility("default")))
