#pragma once
#include <stddef.h>

/// The merges.txt of OpenAI's CLIP (MIT licence), compressed: merges.lz4, which make_merges.py makes and describes.
const unsigned char *_Nonnull clipMerges(void);
size_t clipMergesByteCount(void);
