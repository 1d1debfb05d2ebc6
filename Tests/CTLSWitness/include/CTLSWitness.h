#pragma once

#include <stdbool.h>

// Whether OpenSSL takes files by the calls that libcurl makes of them when it connects.
bool vg_witness_takes_authorities(const char *path);
bool vg_witness_takes_pair(const char *path);
