// SPDX-License-Identifier: BSD-2-Clause
// The system's cmocka, whose assertions on text take text only. Before version 1.1.7 (Debian 13)
// they cast, and so a test that passes here would not compile there.
#pragma once

#include_next <cmocka.h>

#undef assert_string_equal
#define assert_string_equal(a, b) _assert_string_equal((a), (b), __FILE__, __LINE__)
#undef assert_string_not_equal
#define assert_string_not_equal(a, b) _assert_string_not_equal((a), (b), __FILE__, __LINE__)
