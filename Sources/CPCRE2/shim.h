// PCRE2 is compiled per code-unit width; Winnow matches UTF-8 bytes.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
